import * as path from "node:path";

import { collectorRules, kubernetesRules } from "@detectviz/alloy/policy";
import { PolicyPack } from "@pulumi/policy";

import { collectors } from "../collectors";

// A pack runs in its own folder. The paths in the arguments start in the program's.
const alloy = { args: collectors, folder: path.join(__dirname, "..") };

new PolicyPack("platform", {
  enforcementLevel: "mandatory",
  // Rules of your own stand beside these.
  policies: [...kubernetesRules(alloy), ...collectorRules(alloy)],
});
