import assert from "node:assert/strict";

import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as vault from "@pulumi/vault";

import { Alloy, type AlloyArgs } from "../../components/alloy";
import { runOwnProgram, type OwnRun } from "./own-program";
import { vaultValues } from "./settings";

/** `new Alloy("alloy", …)` in a program of somebody else, with what it needs. */

export const least: AlloyArgs = { clusterName: "test-cluster", lokiTenant: "test-tenant", environment: "production" };
const mutable = { enableConfigMapMutable: true, enableSecretMutable: true };
export const cluster = (name = "cluster"): kubernetes.Provider =>
  new kubernetes.Provider(name, { context: name, ...mutable });
export const secrets = (): vault.Provider => new vault.Provider("vault", { address: vaultValues.address });
export const passwords = (): random.Provider => new random.Provider("random");
export const calls = {
  "vault:kv/getSecretV2:getSecretV2": { data: { username: "u", password: "p" } },
};

/** Asserts that the run ended with one report, before anything but providers was declared, and gives its problems. */
export function refusal({ declared, error }: OwnRun, place = 'new Alloy("alloy", …)'): string[] {
  assert.ok(pulumi.RunError.isInstance(error), String(error));
  assert.deepEqual(
    declared.filter(({ type }) => !/^pulumi:(pulumi:Stack|providers:)/.test(type)),
    [],
  );
  const [head = "", ...lines] = error.message.split("\n");
  const places = lines.filter((line) => /^ {2}\S/.test(line));
  assert.match(head, new RegExp(`^${places.length} problems?; nothing was deployed\\.$`));
  assert.doesNotMatch(error.message, /alloy:|Pulumi\.\w+\.yaml|YAML/);
  return places.map((line) => line.trim().replace(`${place}: `, ""));
}

export const build = (
  args: unknown,
  opts?: () => pulumi.ComponentResourceOptions,
  preview?: boolean,
): Promise<OwnRun> => runOwnProgram(() => new Alloy("alloy", args as AlloyArgs, opts?.()), { calls, preview });
