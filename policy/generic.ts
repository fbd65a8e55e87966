import { genericRules } from "./rules";
import { servePack } from "./serve";

// What `npm run policy:bundle` makes one file of: the rules for any stack, without what knows this program's settings.
servePack("kubernetes-least-privilege", genericRules, { environment: "other", stackConfig: {}, unknown: "report" });
