import { sleep } from "../http";
import type { PropertyMap } from "../values";
import { flagAt, isMap, numberAt, stringAt, Unknown } from "../values";
import type { JsonMap, VaultClient } from "./client";
import { VaultError } from "./client";
import type { VaultInvoke, VaultResource } from "./resource";
import { canonicalJson, fromJson, sortedJson, textMap, toJson } from "./resource";

/** `secret/data/alloy`: where KV v2 keeps the part `prefix` of a secret. */
function kvPath(args: PropertyMap, prefix: "data" | "metadata" | "subkeys"): string {
  return `${stringAt(args, "mount") ?? ""}/${prefix}/${stringAt(args, "name") ?? ""}`;
}

/** `vault:kv/secretV2:SecretV2`. */
export const secretV2: VaultResource = {
  inputs: [
    "cas",
    "customMetadata",
    "dataJson",
    "dataJsonWo",
    "dataJsonWoVersion",
    "deleteAllVersions",
    "disableRead",
    "mount",
    "name",
    "namespace",
    "options",
  ],
  required: ["mount"],
  defaults: { deleteAllVersions: false, disableRead: false },
  autoname: "name",
  replaceOn: ["mount", "name", "namespace"],
  secrets: ["data", "dataJson", "dataJsonWo"],
  computed: ["data", "metadata", "path"],
  problem: (inputs) => {
    const json = stringAt(inputs, "dataJson") ?? stringAt(inputs, "dataJsonWo");
    if (json === undefined || canonicalJson(json)?.startsWith("{")) return undefined;
    return { property: "dataJson", reason: "dataJson must be the JSON text of an object" };
  },
  same: (property, before, after) =>
    property.startsWith("dataJson") &&
    typeof before === "string" &&
    typeof after === "string" &&
    canonicalJson(before) !== undefined &&
    canonicalJson(before) === canonicalJson(after),
  idOf: (inputs) => kvPath(inputs, "data"),
  async write(client, id, inputs, before) {
    const json = stringAt(inputs, "dataJson") ?? stringAt(inputs, "dataJsonWo");
    const changed = (key: string): boolean => before === undefined || stringAt(before, key) !== stringAt(inputs, key);
    if (json !== undefined && (changed("dataJson") || changed("dataJsonWo"))) {
      const cas = numberAt(inputs, "cas");
      const given = inputs["options"];
      const options = { ...(isMap(given) ? (toJson(given) as JsonMap) : {}), ...(cas === undefined ? {} : { cas }) };
      await writeData(client, id, { data: JSON.parse(json) as JsonMap, options }, stringAt(inputs, "namespace"));
    }
    const custom = inputs["customMetadata"];
    if (isMap(custom)) {
      await client.write(kvPath(inputs, "metadata"), metadataBody(custom), stringAt(inputs, "namespace"));
    }
  },
  async read(client, id, state) {
    const [, mount, name] = /^(.+?)\/data\/(.+)$/.exec(id) ?? [];
    if (mount === undefined || name === undefined) {
      throw new Error(`the id ${JSON.stringify(id)} is not of the form MOUNT/data/NAME`);
    }
    const next: PropertyMap = { ...state, mount, name, path: id };
    if (flagAt(state, "disableRead") === true) return next;
    const secret = await client.read(id, stringAt(state, "namespace"));
    if (secret === undefined) return undefined;
    // As the official plugin since 7.0: it looks whether there is a secret and says nothing of what is in it, so that a
    // change by hand is no difference to the state. https://github.com/hashicorp/terraform-provider-vault/issues/2534
    next["data"] = {};
    next["metadata"] = textMap(secret["metadata"]);
    return next;
  },
  delete: (client, id, state) =>
    client.delete(
      flagAt(state, "deleteAllVersions") === true ? id.replace(/^(.+?)\/data\//, "$1/metadata/") : id,
      stringAt(state, "namespace"),
    ),
};

/** A mount that was just made answers 400 while it upgrades itself, so that a write is tried for a while. */
async function writeData(
  client: VaultClient,
  path: string,
  body: JsonMap,
  namespace: string | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.write(path, body, namespace);
      return;
    } catch (error) {
      const upgrading = error instanceof VaultError && error.status === 400 && /upgrad/i.test(error.message);
      if (upgrading && attempt <= 10) {
        await sleep(500);
        continue;
      }
      throw new Error(`error creating KVV2 secret: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}

function metadataBody(custom: PropertyMap): JsonMap {
  const body: JsonMap = {};
  if (custom["maxVersions"] !== undefined) body["max_versions"] = toJson(custom["maxVersions"]);
  if (custom["casRequired"] !== undefined) body["cas_required"] = toJson(custom["casRequired"]);
  if (custom["deleteVersionAfter"] !== undefined) {
    body["delete_version_after"] = `${numberAt(custom, "deleteVersionAfter") ?? 0}s`;
  }
  if (custom["data"] !== undefined) body["custom_metadata"] = toJson(custom["data"]);
  return body;
}

function query(path: string, args: PropertyMap, names: readonly string[]): string {
  const parts = names.flatMap((name) => (numberAt(args, name) ? [`${name}=${numberAt(args, name)}`] : []));
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}

/**
 * `vault:kv/getSecretV2:getSecretV2`. As the official plugin it marks nothing secret [run, 7.8.0], a soft-deleted
 * version answers empty data, and each call warns that Terraform has an ephemeral resource for this.
 */
export const getSecretV2: VaultInvoke = {
  required: ["mount", "name"],
  warning:
    "Deprecated Resource: Deprecated. Please use new Ephemeral KVV2 Secret resource `vault_kv_secret_v2` instead",
  async run(client, args) {
    const path = query(kvPath(args, "data"), args, ["version"]);
    const secret = await client.read(path, stringAt(args, "namespace")).catch((error: unknown) => {
      if (!(error instanceof VaultError)) throw error;
      throw new Error(`error reading secret ${JSON.stringify(path)} from Vault: ${error.message}`, { cause: error });
    });
    if (secret === undefined) throw new Error(`no secret found at ${JSON.stringify(path)}`);
    const metadata = (secret["metadata"] ?? {}) as JsonMap;
    return {
      ...known(args),
      id: path,
      path: kvPath(args, "data"),
      data: textMap(secret["data"]),
      dataJson: sortedJson(secret["data"] ?? null),
      createdTime: fromJson(metadata["created_time"] ?? ""),
      deletionTime: fromJson(metadata["deletion_time"] ?? ""),
      destroyed: metadata["destroyed"] === true,
      customMetadata: textMap(metadata["custom_metadata"]),
    };
  },
};

/** `vault:kv/getSecretSubkeysV2:getSecretSubkeysV2`: the keys of a secret without their values. */
export const getSecretSubkeysV2: VaultInvoke = {
  required: ["mount", "name"],
  async run(client, args) {
    const path = query(kvPath(args, "subkeys"), args, ["version", "depth"]);
    const secret = await client.read(path, stringAt(args, "namespace")).catch((error: unknown) => {
      if (!(error instanceof VaultError)) throw error;
      throw new Error(`error reading subkeys from Vault, err=${error.message}`, { cause: error });
    });
    if (secret === undefined) throw new Error(`no secret found at ${JSON.stringify(path)}`);
    const subkeys = secret["subkeys"] ?? null;
    return { ...known(args), id: path, path, data: textMap(subkeys), dataJson: sortedJson(subkeys) };
  },
};

function known(args: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => !(value instanceof Unknown)));
}
