import type { PropertyMap, Value } from "../values";
import { isMap, reveal, Secret } from "../values";
import type { Json, VaultClient } from "./client";

/** One resource type of Vault. */
export interface VaultResource {
  /** Every input there is; another one is refused by Check. */
  inputs: readonly string[];
  required: readonly string[];
  /** Filled in by Check where the program gives nothing. */
  defaults: PropertyMap;
  /** Check makes up a value (`<logical name>-xxxxxxx`) for this input where the program gives none. */
  autoname?: string;
  /** Changes of these need a new resource. */
  replaceOn: readonly string[];
  /** Inputs and outputs that are secret whatever the program says. */
  secrets: readonly string[];
  /** Outputs that are unknown until the resource exists. */
  computed: readonly string[];
  /** What is wrong with the inputs, if anything. */
  problem?(inputs: PropertyMap): { property: string; reason: string } | undefined;
  /** Inputs that differ in form only (spaces in JSON, order in a set). */
  same?(property: string, before: Value | undefined, after: Value | undefined): boolean;
  idOf(inputs: PropertyMap): string;
  /** Creates or updates. `before` is the old state of an update. */
  write(client: VaultClient, id: string, inputs: PropertyMap, before: PropertyMap | undefined): Promise<void>;
  /** The state at `id`, without secret wrappers; undefined when it is gone. */
  read(client: VaultClient, id: string, state: PropertyMap): Promise<PropertyMap | undefined>;
  delete(client: VaultClient, id: string, state: PropertyMap): Promise<void>;
}

/** A data source. */
export interface VaultInvoke {
  required: readonly string[];
  /** What the official plugin warns of at each call. */
  warning?: string;
  run(client: VaultClient, args: PropertyMap): Promise<PropertyMap>;
}

/** A property value as Vault's API takes it. */
export function toJson(value: Value): Json {
  const plain = reveal(value);
  if (Array.isArray(plain)) return plain.map(toJson);
  if (isMap(plain)) return Object.fromEntries(Object.entries(plain).map(([key, item]) => [key, toJson(item)]));
  return plain as Json;
}

export function fromJson(json: Json): Value {
  if (Array.isArray(json)) return json.map(fromJson);
  if (json !== null && typeof json === "object") {
    return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, fromJson(item)]));
  }
  return json;
}

/** Vault's map with every value as text: strings as they are, the rest as JSON. */
export function textMap(json: Json | undefined): PropertyMap {
  if (json === undefined || json === null || typeof json !== "object" || Array.isArray(json)) return {};
  return Object.fromEntries(
    Object.entries(json).map(([key, item]) => [key, typeof item === "string" ? item : JSON.stringify(item)]),
  );
}

/** JSON text with sorted keys, as Go writes a map; undefined for text that is no JSON. */
export function canonicalJson(text: string): string | undefined {
  try {
    return sortedJson(JSON.parse(text) as Json);
  } catch {
    // The caller reports it, without the text: it is a secret.
    return undefined;
  }
}

export function sortedJson(json: Json): string {
  return JSON.stringify(json, (_key, value: Json) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** Wraps the named properties as secrets. */
export function withSecrets(state: PropertyMap, names: readonly string[]): PropertyMap {
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [
      key,
      names.includes(key) && !(value instanceof Secret) ? new Secret(value) : value,
    ]),
  );
}
