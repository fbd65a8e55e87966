import type { PropertyMap } from "../values";
import { equal, stringAt } from "../values";
import type { JsonMap } from "./client";
import type { VaultResource } from "./resource";
import { fromJson, toJson } from "./resource";

/** `vault:index/policy:Policy`. */
export const policy: VaultResource = {
  inputs: ["name", "namespace", "policy"],
  required: ["policy"],
  defaults: {},
  autoname: "name",
  replaceOn: ["name", "namespace"],
  secrets: [],
  computed: [],
  idOf: (inputs) => stringAt(inputs, "name") ?? "",
  async write(client, id, inputs) {
    try {
      await client.write(
        `sys/policies/acl/${id}`,
        { policy: stringAt(inputs, "policy") ?? "" },
        stringAt(inputs, "namespace"),
      );
    } catch (error) {
      throw new Error(`error writing to Vault: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  },
  async read(client, id, state) {
    const found = await client.read(`sys/policies/acl/${id}`, stringAt(state, "namespace"));
    // As the official plugin, whose client has no error for a policy that is gone: the text is empty, and the id stays.
    return { ...state, name: id, policy: fromJson(found?.["policy"] ?? "") };
  },
  delete: (client, id, state) => client.delete(`sys/policies/acl/${id}`, stringAt(state, "namespace")),
};

/** Property of AuthBackendRole -> field of Vault's API. */
const ROLE_FIELDS: Record<string, string> = {
  aliasMetadata: "alias_metadata",
  aliasNameSource: "alias_name_source",
  audience: "audience",
  boundServiceAccountNames: "bound_service_account_names",
  boundServiceAccountNamespaceSelector: "bound_service_account_namespace_selector",
  boundServiceAccountNamespaces: "bound_service_account_namespaces",
  tokenBoundCidrs: "token_bound_cidrs",
  tokenExplicitMaxTtl: "token_explicit_max_ttl",
  tokenMaxTtl: "token_max_ttl",
  tokenNoDefaultPolicy: "token_no_default_policy",
  tokenNumUses: "token_num_uses",
  tokenPeriod: "token_period",
  tokenPolicies: "token_policies",
  tokenTtl: "token_ttl",
  tokenType: "token_type",
};

/** Vault has a value of its own for these, and refuses an empty one. */
const COMPUTED = ["aliasNameSource", "tokenType"];

/** `vault:kubernetes/authBackendRole:AuthBackendRole`. */
export const authBackendRole: VaultResource = {
  inputs: [...Object.keys(ROLE_FIELDS), "backend", "namespace", "roleName"],
  required: ["boundServiceAccountNames", "roleName"],
  defaults: { backend: "kubernetes" },
  replaceOn: ["backend", "namespace", "roleName"],
  secrets: [],
  computed: COMPUTED,
  // Terraform's sets: the order in which Vault answers says nothing.
  same: (_property, before, after) =>
    Array.isArray(before) && Array.isArray(after) && equal([...before].sort(), [...after].sort()),
  idOf: (inputs) =>
    `auth/${trim(stringAt(inputs, "backend") ?? "kubernetes")}/role/${trim(stringAt(inputs, "roleName") ?? "")}`,
  async write(client, id, inputs, before) {
    const body: JsonMap = {};
    for (const [property, field] of Object.entries(ROLE_FIELDS)) {
      const value = inputs[property];
      if (value !== undefined) body[field] = toJson(value);
      // Vault keeps what a write leaves out, so a field that was taken away is written as empty.
      else if (before?.[property] !== undefined && !COMPUTED.includes(property))
        body[field] = emptyLike(before, property);
    }
    try {
      await client.write(id, body, stringAt(inputs, "namespace"));
    } catch (error) {
      const verb = before === undefined ? "writing" : "updating";
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`error ${verb} Kubernetes auth backend role ${JSON.stringify(id)}: ${message}`, { cause: error });
    }
  },
  async read(client, id, state) {
    const [, backend, roleName] = /^auth\/(.+)\/role\/(.+)$/.exec(id) ?? [];
    if (backend === undefined || roleName === undefined) {
      throw new Error(`invalid path ${JSON.stringify(id)} for Kubernetes auth backend role: no role found`);
    }
    const found = await client.read(id, stringAt(state, "namespace"));
    if (found === undefined) return undefined;
    const next: PropertyMap = { ...state, backend, roleName };
    for (const [property, field] of Object.entries(ROLE_FIELDS)) {
      const value = fromJson(found[field] ?? null);
      if (state[property] !== undefined || !isEmpty(value)) next[property] = value;
    }
    return next;
  },
  delete: (client, id, state) => client.delete(id, stringAt(state, "namespace")),
};

function trim(text: string): string {
  return text.replace(/^\/+|\/+$/g, "");
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === 0 ||
    value === "" ||
    value === false ||
    (typeof value === "object" && Object.keys(value).length === 0)
  );
}

function emptyLike(before: PropertyMap, property: string): JsonMap | never[] | number | string | boolean {
  const value = before[property];
  if (Array.isArray(value)) return [];
  if (typeof value === "number") return 0;
  if (typeof value === "boolean") return false;
  return typeof value === "string" ? "" : {};
}
