import { PolicyPack } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";

import { toPolicy } from "./adapter";
import { policiesFor } from "./enforcement";

// The pack's process is given the config of the stack that it checks.
const { rules, context } = policiesFor(pulumi.runtime.allConfig());

// Constructing it starts the server that the engine asks: tests import ./enforcement and ./rules, never this file.
new PolicyPack("alloy", { policies: rules.map((rule) => toPolicy(rule, context)), enforcementLevel: "mandatory" });
