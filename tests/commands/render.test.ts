import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";

const base = [
  "  alloy:clusterName: one",
  "  alloy:lokiTenant: two",
  "  alloy:environment: staging",
  "  alloy:kubernetes: { context: one }",
];

/** What is found inside of the program, after the settings were read: before anything is declared, and while it is. */
const mistakes: Record<string, { settings: string[]; says: RegExp }> = {
  "a section that reads a variable which nobody names": {
    settings: ["  alloy:extraSections: [{ file: examples/sections/node-local-target.alloy }]"],
    says: /node-local-target\.alloy: line 5\n +reads the variable NODE_IP.*\n +→ name it there/,
  },
  "a NetworkPolicy, whose Services only a cluster knows": {
    settings: ["  alloy:network: { enabled: true }"],
    says: /only a cluster knows what is behind kube-prometheus-stack-prometheus\.monitoring, kubernetes\.default\.svc, loki-gateway\.monitoring\.svc\n +→ state each of them, such as\n +kube-prom\S+: \{.*\n +kubernetes\.default\.svc: \{ cidrs: \[ADDRESS\/32\], port: 6443 \} # kubectl -n default get endpointslices/,
  },
};

describe("render", () => {
  let folder: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-render-"));
    fs.copyFileSync(path.join(repoRoot, "Pulumi.yaml"), path.join(folder, "Pulumi.yaml"));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  function render(settings: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    fs.writeFileSync(path.join(folder, "Pulumi.t.yaml"), ["config:", ...base, ...settings, ""].join("\n"));
    return new Promise((resolve) =>
      execFile(
        process.execPath,
        [path.join(repoRoot, "commands", "alloyctl.js"), "render", "t"],
        { cwd: folder },
        (error, stdout, stderr) => resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      ),
    );
  }

  for (const [mistake, { settings, says }] of Object.entries(mistakes))
    it(`reports ${mistake} once, without a stack, and prints no object`, async () => {
      const { code, stdout, stderr } = await render(settings);
      assert.match(stderr, says);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, "");
      assert.equal(stderr.match(/; nothing was deployed/g)?.length, 1, stderr);
      assert.doesNotMatch(stderr, /^ +at |not of yours|RunError/m);
    });
});
