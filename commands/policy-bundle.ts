import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import type * as operation from "../operations/bundle-policy-pack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "policy-bundle",
  summary: "Bundle the generic policy rules as a pack for other projects",
  description: [
    "Writes the rules that know nothing of this program's settings as a policy pack of one JavaScript file, for " +
      "pulumi preview --policy-pack FOLDER in any project.",
  ],
  arguments: {},
  flags: {
    out: {
      meaning: "Where to write it; files of the same names are replaced",
      value: "FOLDER",
      default: "dist/policy",
    },
  },
  examples: [
    { line: "npx alloyctl policy-bundle --out ../shop/policy", meaning: "give the rules to another repository" },
  ],
  exitCodes: { 0: "the pack is written", 1: "the folder cannot be written" },
  run: async ({ flags: { out } }) => {
    const folder = out === undefined ? path.join(repoRoot, "dist", "policy") : path.resolve(out);
    const { bundlePolicyPack } = require("../operations/bundle-policy-pack") as typeof operation;
    const bytes = await bundlePolicyPack(folder);
    return { text: `${folder}: a policy pack of ${(bytes / 1e6).toFixed(1)} MB` };
  },
});
