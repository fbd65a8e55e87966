import * as pulumi from "@pulumi/pulumi";

import { policiesFor } from "./enforcement";
import { servePack } from "./serve";

// The pack's process is given the config of the stack that it checks.
const { rules, context } = policiesFor(pulumi.runtime.allConfig());

servePack("alloy", rules, context);
