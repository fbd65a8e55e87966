// `npm pack` and `npm publish` run it first: dist/, which is all that the package holds beside this repository's texts.
import { execFileSync } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const dist = path.join(root, "dist");
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

// What an earlier build left would be packed too.
rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [compiler, "--project", path.join(root, "library")], { stdio: "inherit" });

/** What the code reads beside itself. */
for (const file of ["pipeline/sections", "policy/package.json", "policy/PulumiPolicy.yaml"])
  cpSync(path.join(root, file), path.join(dist, file), { recursive: true });
// In the repository it loads TypeScript; here there is none.
writeFileSync(path.join(dist, "policy", "index.js"), 'require("./pack.js");\n');
