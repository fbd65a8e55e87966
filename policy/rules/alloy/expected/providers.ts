import { takesOver } from "../../../../kit/taking-over";
import type { Settings } from "../../../../settings/schema";
import { matching, optional, type Shape } from "../../../shape";
import type { Expected } from "./expected";

// Inputs of providers are text, whatever they mean; an engine may hand them on as what they mean.
const flag = (value: boolean): Shape =>
  matching(value ? "true" : "false", (given) => given === value || given === String(value));

// The engine writes which plugin it runs.
const plugin: Record<string, Shape> = {
  version: optional(matching("a version", (value) => typeof value === "string")),
};

// The SDK reads them from the environment, with defaults: how long and how often, not whom.
const tuning = ["maxLeaseTtlSeconds", "maxRetries", "maxRetriesCcc"];
// A default that the provider may fill in. Source: terraform-provider-vault, internal/provider/provider.go
const vaultDefaults = { addAddressToEnv: false, skipTlsVerify: false, skipGetVaultVersion: false } as const;

/**
 * The providers of a stack: one cluster, one Vault, each named by the settings and by nothing else.
 *
 * @param env of this process, which is the engine's: `up --restore` and `adopt` force an apply for one run. A program that
 *   did so at each run would hide the conflict by which a second program shows
 */
export function expectedProviders(
  { kubernetes, vault, credentials }: Settings,
  env: NodeJS.ProcessEnv = process.env,
): Expected[] {
  const provider = (name: "kubernetes" | "vault" | "random", props: Record<string, Shape>): Expected => ({
    type: `pulumi:providers:${name}`,
    name,
    props: { ...props, ...plugin },
    protect: false,
  });
  const cluster = provider("kubernetes", {
    // The path of a kubeconfig stays out of the state.
    kubeconfig: "",
    ...(kubernetes !== undefined && { context: kubernetes.context }),
    enableConfigMapMutable: flag(true),
    enableSecretMutable: flag(true),
    ...(takesOver(env) && { enablePatchForce: optional(flag(true)) }),
  });
  if (vault === undefined || !["secret", "vault"].includes(credentials.mode)) return [cluster];
  const secrets = provider("vault", {
    address: vault.address,
    ...(vault.namespace !== undefined && { namespace: vault.namespace }),
    ...(vault.caFile !== undefined && { caCertFile: vault.caFile }),
    skipChildToken: flag(true),
    ...Object.fromEntries(
      tuning.map((name) => [name, optional(matching("a number", (value) => /^\d+$/.test(String(value))))]),
    ),
    ...Object.fromEntries(Object.entries(vaultDefaults).map(([name, value]) => [name, optional(flag(value))])),
    setNamespaceFromToken: optional(flag(true)),
  });
  return credentials.seed ? [cluster, secrets, provider("random", {})] : [cluster, secrets];
}
