// node draw.mjs DATA.json PICTURE.png: draws the panels of DATA.json, which tests/e2e/43-dashboard.test.ts records.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import chromium from "@sparticuz/chromium";
import { build } from "esbuild";
import { chromium as browsers } from "playwright-core";

/** What the picture shows: the most telling panels. */
const shown =
  / up$|Lines sent$|24 hours|Other config|Versions|read, sent|by answer|waiting, by node|Time until|Samples written|Memory|CPU|Goroutines|disk/;

const [dataFile, pictureFile] = process.argv.slice(2);
const data = JSON.parse(fs.readFileSync(dataFile, "utf8"));
data.panels = data.panels.filter(({ panel }) => shown.test(panel.title));
if (data.panels.length < 10) throw new Error(`${dataFile} has ${data.panels.length} panels`);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dashboard-picture-"));
// What the panels import and never call here: editors, maps, and modules of Node.
const unused =
  /^(util|tty|os|fs|path|monaco-editor|react-monaco-editor|@monaco-editor\/.*|monaco-promql|pseudoizer|ol($|\/).*)/;
const stubs = {
  name: "stubs",
  setup(bundler) {
    bundler.onResolve({ filter: unused }, ({ path }) => ({ path, namespace: "stub" }));
    bundler.onLoad({ filter: /.*/, namespace: "stub" }, () => ({
      contents: "export default {}; export const Editor = () => null; export const loader = {};",
    }));
  },
};
await build({
  entryPoints: [path.join(import.meta.dirname, "page.jsx")],
  outfile: path.join(folder, "page.js"),
  bundle: true,
  format: "iife",
  jsx: "automatic",
  logLevel: "error",
  mainFields: ["browser", "module", "main"],
  conditions: ["browser", "import", "module"],
  define: { "process.env.NODE_ENV": '"production"', global: "window" },
  loader: { ".svg": "dataurl", ".png": "dataurl" },
  plugins: [stubs],
});
const page = `<!doctype html><link rel="stylesheet" href="page.css"><body style="margin:0;background:#111"><div id="root"></div>
<script>window.DASHBOARD = ${JSON.stringify(data)};</script><script src="page.js"></script></body>`;
fs.writeFileSync(path.join(folder, "index.html"), page);
const args = [...chromium.args, "--no-sandbox"].filter((arg) => arg !== "--single-process");
const browser = await browsers.launch({ executablePath: await chromium.executablePath(), args });
try {
  const tab = await browser.newPage({ locale: "en-US", timezoneId: "UTC", viewport: { width: 1224, height: 800 } });
  tab.on("pageerror", (error) => console.error(error.message));
  await tab.goto(`file://${folder}/index.html`);
  await tab.waitForTimeout(4_000);
  await tab.screenshot({ path: pictureFile, fullPage: true });
} finally {
  await browser.close();
  fs.rmSync(folder, { recursive: true });
}
