import { genericRules } from "./rules";
import { servePack } from "./serve";

// `npx alloyctl policy-bundle` makes one file of this: the rules for any stack, without what knows this program's settings.
servePack("kubernetes-least-privilege", genericRules, { environment: "other", stackConfig: {}, unknown: "report" });
