import * as pulumi from "@pulumi/pulumi";

import { parseSettings, stackFile } from "./parse-settings";
import type { Settings } from "./schema";

/**
 * The settings of the stack that Pulumi is running; for the program and the policy pack, which get the same config.
 *
 * @throws UserError with everything that is wrong
 */
export function loadSettings(): Settings {
  const config = pulumi.runtime.allConfig();
  return parseSettings(config, stackFile(pulumi.getStack()), new Set(Object.keys(config).filter(isSecret)));
}

/**
 * Whether a key is encrypted. Pulumi keeps the function out of its types, but offers no other way that works in the
 * program and in a pack: only the program's process has PULUMI_CONFIG_SECRET_KEYS. The exact pin keeps it in place.
 */
const isSecret = Reflect.get(pulumi.runtime, "isConfigSecret") as (key: string) => boolean;
