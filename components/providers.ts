import * as pulumi from "@pulumi/pulumi";

import { warnAt } from "../errors/run-error";
import type { Problem } from "../kit/user-error";
import { names } from "../settings/names";

/** The packages whose resources a component declares, each with how its provider is made. */
const howToMake = {
  kubernetes:
    'new kubernetes.Provider("cluster", { context: "…", enableConfigMapMutable: true, enableSecretMutable: true })',
  vault: 'new vault.Provider("vault", { address: "…", skipChildToken: true })',
  random: 'new random.Provider("random")',
} as const;

export type ProviderPackage = keyof typeof howToMake;

/** What the settings need beside a cluster; it takes settings that may not be valid, to say all problems at once. */
export function packagesOf(args: unknown): ProviderPackage[] {
  const credentials = member(args, "credentials");
  const mode = member(credentials, "mode");
  const seed = member(credentials, "seed");
  return [
    "kubernetes",
    ...(mode === "secret" || mode === "vault" ? (["vault"] as const) : []),
    ...(mode === "secret" && (seed === true || seed === "true") ? (["random"] as const) : []),
  ];
}

/**
 * The provider that a component with these options uses for a package: its own, or one that its parent hands down.
 * Undefined: the SDK would take the default provider, which is whatever cluster or Vault the environment names.
 */
export function providerOf(
  options: pulumi.ComponentResourceOptions | undefined,
  wanted: ProviderPackage,
): pulumi.ProviderResource | undefined {
  const { provider, providers = [], parent } = options ?? {};
  // In the order of the SDK (resource.ts): `provider` wins, a map is asked by its keys, then comes the parent.
  const given: unknown[] = Array.isArray(providers)
    ? providers.filter((one) => packageOf(one) === wanted)
    : [member(providers, wanted)];
  const found = [...(packageOf(provider) === wanted ? [provider] : []), ...given.reverse()][0];
  return (found as pulumi.ProviderResource | undefined) ?? parent?.getProvider(`${wanted}::`);
}

/** A problem for each provider that these settings need and that the options do not have. */
export function missingProviders(
  args: unknown,
  options: pulumi.ComponentResourceOptions | undefined,
  place: string,
): Problem[] {
  return packagesOf(args)
    .filter((wanted) => providerOf(options, wanted) === undefined)
    .map((wanted) => ({
      file: place,
      key: "providers",
      problem: `have none of the package ${wanted}, and the default provider goes to whatever the environment names`,
      remedy: `pass one in the options, beside others in { providers: [ … ] }: ${howToMake[wanted]}`,
    }));
}

/**
 * Warns of a provider that deletes a ConfigMap or a Secret before it writes the changed one. Their names are fixed: an
 * update that fails in between leaves none, and no pod starts.
 */
export function warnOfReplacement(provider: pulumi.ProviderResource, place: string, resource: pulumi.Resource): void {
  for (const [option, object] of [
    ["enableConfigMapMutable", `ConfigMap ${names.configMap}`],
    ["enableSecretMutable", "Secret with the credentials"],
  ] as const)
    void inputOf(provider, option).then((value) => {
      if (value !== "true")
        warnAt(
          place,
          "providers",
          `have a Kubernetes provider without ${option}: a change deletes the ${object} before it writes the new one`,
          `make the provider with ${option}: true`,
          resource,
        );
    });
}

/**
 * An input of a provider, which the SDK types no provider with: a resource has its inputs as outputs, and those of a
 * provider are JSON text. An input that is not set is undefined. In a preview its output is one that is not known yet, so
 * that no function of `apply` would be called.
 */
async function inputOf(provider: pulumi.ProviderResource, name: string): Promise<unknown> {
  const output = pulumi.output(Reflect.get(provider, name) as pulumi.Input<unknown>) as unknown as Knowable;
  return (await output.isKnown) ? output.promise() : undefined;
}

/** What the SDK keeps to itself of an Output. */
interface Knowable {
  isKnown: Promise<boolean>;
  promise(): Promise<unknown>;
}

function packageOf(provider: unknown): unknown {
  // Not typed by the SDK, and not asked by its class: a program may have another copy of it than this package.
  const ask = member(provider, "getPackage");
  return typeof ask === "function" ? Reflect.apply(ask, provider, []) : undefined;
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
