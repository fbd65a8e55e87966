import * as fs from "node:fs/promises";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { bundlePolicyPack } from "../operations/bundle-policy-pack";
import { runCommand } from "./command";

/** `npm run policy:bundle [-- --out FOLDER]`: the generic rules as a policy pack of one file. */
runCommand(
  "policy:bundle",
  [],
  async ({ values }) => {
    const out = typeof values["out"] === "string" ? path.resolve(values["out"]) : path.join(repoRoot, "dist", "policy");
    await bundlePolicyPack(out);
    const { size } = await fs.stat(path.join(out, "index.js"));
    console.log(`${out}: a policy pack of ${(size / 1e6).toFixed(1)} MB`);
  },
  { out: { type: "string" } },
);
