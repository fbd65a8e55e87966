import { AsyncResource } from "node:async_hooks";

import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

import { UserError } from "../kit/user-error";
import { heldAlready } from "../errors/vault";
import type { CredentialSource } from "../vault/read";

/** A Vault that does not answer is the write's to report, and a preview need not wait for it. */
const patienceMs = 5_000;

/**
 * Set by the sandbox where its language host is the one that registries have: it stands between program and engine, and
 * knows nothing of hooks. Every released Pulumi CLI brings a host that does.
 */
export const withoutHooks = "ALLOY_ENGINE_WITHOUT_HOOKS";

/**
 * A hook that the engine calls before it creates the first version of a secret, also in a preview, and never where the
 * stack has made it already: it refuses where Vault holds something. Only an answer of Vault's refuses; where it cannot
 * be asked, or does not let this token look, the write itself says what is wrong.
 *
 * @param name the resource's, from which the hook's is made: hooks of one stack have different names
 * @throws UserError in the hook, which the engine prints as the reason why the resource was not created
 */
export function refuseHeld(
  name: string,
  source: CredentialSource,
  opts: pulumi.InvokeOptions,
): pulumi.ResourceHookBinding | undefined {
  if (process.env[withoutHooks] === "true") return undefined;
  // The engine calls it from outside of the program's run; an inline program's SDK then knows neither engine nor stack.
  const look = AsyncResource.bind(() => refuseWhereHeld(source, opts));
  const hook = new pulumi.ResourceHook(`${name}-is-first`, () => look(), { onDryRun: true });
  return { beforeCreate: [hook] };
}

/** What the hook does: asks Vault, and throws a UserError where the path has ever been written. */
export async function refuseWhereHeld(source: CredentialSource, opts: pulumi.InvokeOptions): Promise<void> {
  const { place, readAt } = source;
  const { mount, path: name } = place.vault;
  const dryRun = pulumi.runtime.isDryRun();
  // With readAt `up` a preview's token may see the names of the keys and not what they hold.
  const ask: Promise<unknown> =
    readAt === "up" && dryRun
      ? vault.kv.getSecretSubkeysV2({ mount, name }, opts)
      : vault.kv.getSecretV2({ mount, name }, opts);
  let late: NodeJS.Timeout | undefined;
  const held = await Promise.race([
    ask.then(
      () => true,
      () => false,
    ),
    new Promise<boolean>((resolve) => (late = setTimeout(() => resolve(false), patienceMs))),
  ]);
  clearTimeout(late);
  if (!held) return;
  const consequence = dryRun ? undefined : "the update stops here, and what it had done stays";
  throw new UserError([heldAlready(place, `${mount}/data/${name}`)], consequence);
}
