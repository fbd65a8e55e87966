import * as path from "node:path";

import { collectorRules } from "@detectviz/alloy/policy";
import { PolicyPack } from "@pulumi/policy";

import { collectors } from "../collectors";

new PolicyPack("platform", {
  enforcementLevel: "mandatory",
  policies: [
    // Rules of your own stand here. A pack runs in its own folder, and paths in the arguments start in the program's.
    ...collectorRules({ args: collectors, folder: path.join(__dirname, "..") }),
  ],
});
