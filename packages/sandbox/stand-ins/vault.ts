import * as crypto from "node:crypto";
import type { PropertyChange } from "./diff";
import { compare, replaceOn, withoutIgnored } from "./diff";
import { main } from "./framework";
import type { Host } from "./host";
import type { CheckFailure, CheckRequest, CheckResult, Provider } from "./provider";
import type { PropertyMap } from "./values";
import { containsUnknown, revealMap, UNKNOWN } from "./values";
import { authBackendRole, policy } from "./vault/auth";
import { VaultClient } from "./vault/client";
import { getSecretSubkeysV2, getSecretV2, secretV2 } from "./vault/kv";
import type { VaultInvoke, VaultResource } from "./vault/resource";
import { withSecrets } from "./vault/resource";

const RESOURCES: Record<string, VaultResource> = {
  "vault:kv/secretV2:SecretV2": secretV2,
  "vault:index/policy:Policy": policy,
  "vault:kubernetes/authBackendRole:AuthBackendRole": authBackendRole,
};

/** Arguments of the provider that are kept, or that make no difference here. The others would be ignored in silence. */
const ARGUMENTS = new Set([
  "addAddressToEnv",
  "address",
  "caCertFile",
  "maxLeaseTtlSeconds",
  "maxRetries",
  "maxRetriesCcc",
  "namespace",
  "setNamespaceFromToken",
  "skipChildToken",
  "skipGetVaultVersion",
  "skipTlsVerify",
  "tlsServerName",
  "token",
  "tokenName",
  "vaultVersionOverride",
  "version",
]);

const INVOKES: Record<string, VaultInvoke> = {
  "vault:kv/getSecretV2:getSecretV2": getSecretV2,
  "vault:kv/getSecretSubkeysV2:getSecretSubkeysV2": getSecretSubkeysV2,
};

/** Stand-in for pulumi-resource-vault 7.8.0, which wraps Terraform's provider: its diffs and error texts are theirs. */
export function vaultProvider(host: Host): Provider {
  let client = new VaultClient({});
  const kind = (type: string): VaultResource => {
    const found = RESOURCES[type];
    if (found === undefined) throw new Error(`${type} is not supported by the stand-in plugin`);
    return found;
  };

  return {
    name: "vault",
    version: "7.8.0",
    supports: (token) => token in RESOURCES || token in INVOKES,
    checkConfig: (news) =>
      Object.keys(news)
        .filter((property) => !ARGUMENTS.has(property))
        .map((property) => ({ property, reason: `${property} is not supported by the stand-in plugin` })),
    diffConfig: (olds, news) => ({ changes: compare(olds, news, () => false), deleteBeforeReplace: false }),
    configure: (args) => {
      client = new VaultClient(args);
      return Promise.resolve();
    },
    check: (request) => Promise.resolve(check(kind(request.type), request)),

    diff({ type, olds, news, ignoreChanges }) {
      const changes = withoutIgnored(changesOf(kind(type), olds, news), ignoreChanges);
      const replaced = [...changes.values()].some((change) => change.replace);
      // Both would live at one path, and the old one's delete would take the new one along.
      const sameId = replaced && !containsUnknown(news) && kind(type).idOf(news) === kind(type).idOf(olds);
      return Promise.resolve({ changes, deleteBeforeReplace: sameId });
    },

    async create({ type, urn, inputs, preview }) {
      const resource = kind(type);
      if (preview) return { id: "", state: previewState(resource, inputs) };
      return failing(`creating ${urn}`, async () => {
        const id = resource.idOf(inputs);
        await resource.write(client, id, inputs, undefined);
        return { id, state: await stateOf(resource, client, id, inputs) };
      });
    },

    async update({ type, urn, id, olds, news, preview }) {
      const resource = kind(type);
      if (preview) return { ...previewState(resource, news), ...unchangedOutputs(resource, olds, news) };
      return failing(`updating ${urn}`, async () => {
        await resource.write(client, id, news, revealMap(olds));
        return stateOf(resource, client, id, news);
      });
    },

    async read({ type, urn, id, state, inputs }) {
      const resource = kind(type);
      const found = await failing(`refreshing ${urn}`, () => resource.read(client, id, revealMap(state)));
      if (found === undefined) return { id: "", state: {}, inputs: {} };
      const live = withSecrets(found, resource.secrets);
      const imported = Object.keys(inputs).length === 0;
      const names = imported ? resource.inputs : Object.keys(inputs);
      const outputsOnly = imported ? resource.computed.filter((name) => !resource.inputs.includes(name)) : [];
      return {
        id,
        state: imported ? { ...resource.defaults, ...live } : live,
        inputs: Object.fromEntries(
          names.filter((name) => name in live && !outputsOnly.includes(name)).map((name) => [name, live[name] ?? null]),
        ),
      };
    },

    async delete({ type, urn, id, state }) {
      await failing(`deleting ${urn}`, () => kind(type).delete(client, id, revealMap(state)));
    },

    async invoke(token, args) {
      const invoke = INVOKES[token];
      if (invoke === undefined) throw new Error(`unknown Invoke type ${JSON.stringify(token)}`);
      for (const name of invoke.required) {
        if (args[name] === undefined) throw new Error(`invoking ${token}: Missing required property '${name}'`);
      }
      if (invoke.warning !== undefined) host.log("warning", "", `${token} verification warning: ${invoke.warning}`);
      return failing(`invoking ${token}`, () => invoke.run(client, revealMap(args)));
    },

    cancel: () => client.cancel(),
  };
}

/** Wraps an error as the bridge to Terraform does; messages that are looked up elsewhere rely on the form. */
async function failing<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}: 1 error occurred:\n\t* ${message}\n\n`, { cause: error });
  }
}

function check(resource: VaultResource, { news, olds, name, randomSeed }: CheckRequest): CheckResult {
  const failures: CheckFailure[] = [];
  const inputs: PropertyMap = { ...resource.defaults, ...news };
  const auto = resource.autoname;
  if (auto !== undefined && inputs[auto] === undefined) {
    const seed = randomSeed.length > 0 ? randomSeed : crypto.randomBytes(16);
    inputs[auto] = olds[auto] ?? `${name}-${crypto.createHash("sha256").update(seed).digest("hex").slice(0, 7)}`;
  }
  for (const key of Object.keys(inputs)) {
    if (!resource.inputs.includes(key)) {
      failures.push({ property: key, reason: `an unexpected argument ${JSON.stringify(key)}` });
    }
  }
  for (const key of resource.required) {
    if (inputs[key] === undefined) failures.push({ property: key, reason: `Missing required property '${key}'` });
  }
  const problem = resource.problem?.(inputs);
  if (problem !== undefined) failures.push(problem);
  return { inputs: withSecrets(inputs, resource.secrets), failures };
}

function changesOf(resource: VaultResource, olds: PropertyMap, news: PropertyMap): Map<string, PropertyChange> {
  const names = resource.inputs.filter((name) => name in news || !resource.computed.includes(name));
  const before = Object.fromEntries(Object.entries(olds).filter(([name]) => names.includes(name)));
  return compare(before, news, replaceOn(resource.replaceOn), (path, a, b) =>
    path.length === 1 && typeof path[0] === "string" ? (resource.same?.(path[0], a, b) ?? false) : false,
  );
}

/** What a preview shows: the inputs, and unknowns for what only Vault can say. */
function previewState(resource: VaultResource, inputs: PropertyMap): PropertyMap {
  const unknown = Object.fromEntries(
    resource.computed.filter((name) => inputs[name] === undefined).map((name) => [name, UNKNOWN]),
  );
  return withSecrets({ ...unknown, ...inputs }, resource.secrets);
}

/** An update that leaves the data alone leaves the outputs alone. */
function unchangedOutputs(resource: VaultResource, olds: PropertyMap, news: PropertyMap): PropertyMap {
  const changed = changesOf(resource, olds, news);
  const stable = changed.has("dataJson") || changed.has("dataJsonWo") ? ["path"] : resource.computed;
  return Object.fromEntries(
    stable
      .filter((name) => olds[name] !== undefined && news[name] === undefined)
      .map((name) => [name, olds[name] ?? null]),
  );
}

/** The state after a write: what Vault answers, over what was asked. */
async function stateOf(
  resource: VaultResource,
  client: VaultClient,
  id: string,
  inputs: PropertyMap,
): Promise<PropertyMap> {
  const state = await resource.read(client, id, revealMap(inputs));
  if (state === undefined) throw new Error(`nothing is found at ${JSON.stringify(id)} after it was written`);
  return withSecrets(state, resource.secrets);
}

if (require.main === module) main(vaultProvider);
