import { z } from "zod";

import { settingsSchema } from "../../settings/schema";

/** A part of the settings as JSON Schema, with the metadata of settings/ beside the standard's own keywords. */
export interface SettingNode {
  type?: string | string[];
  description?: string;
  /** What it takes, as in the metadata of settings/fields. */
  takes?: string;
  /** What happens if the value is of the right kind, but wrong. */
  ifWrong?: string;
  /** What holds if the key is left out and there is no default. */
  otherwise?: string;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  properties?: Record<string, SettingNode>;
  required?: string[];
  additionalProperties?: SettingNode | boolean;
  items?: SettingNode;
  anyOf?: SettingNode[];
  [keyword: string]: unknown;
}

/** Everything that stack config may hold, as a person writes it: before defaults, under the keys without `alloy:`. */
export function settingsTree(): SettingNode {
  const tree = z.toJSONSchema(settingsSchema, {
    io: "input",
    target: "draft-7",
    // What an editor cannot check is left to the program.
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // An object's default is that of its keys; zod leaves out the default of a value that is transformed.
      if (zodSchema instanceof z.ZodPrefault) delete jsonSchema.default;
      if (zodSchema instanceof z.ZodDefault) jsonSchema.default = zodSchema.def.defaultValue;
    },
  });
  return tree as SettingNode;
}

/** One object of the settings with the keys that it may hold. */
export interface SettingObject {
  /** As it is written: `alloy:wal.load`; the empty text for the settings themselves. */
  path: string;
  node: SettingNode;
}

/** Every object with fixed keys, outside first, also those in lists (`alloy:logs.rateLimits[]`). */
export function settingObjects(node: SettingNode = settingsTree(), path = ""): SettingObject[] {
  const below = Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const at = path === "" ? `alloy:${key}` : `${path}.${key}`;
    if (child.properties) return settingObjects(child, at);
    if (child.items?.properties) return settingObjects(child.items, `${at}[]`);
    const values = child.additionalProperties;
    return typeof values === "object" && values.properties ? settingObjects(values, `${at}.NAME`) : [];
  });
  return [{ path, node }, ...below];
}

/** A default as it is written in YAML; `undefined` if there is none. */
export function defaultText({ default: value }: SettingNode): string | undefined {
  if (value === undefined) return undefined;
  if (value === "") return '""';
  if (typeof value === "string") return value;
  return JSON.stringify(value).replace(/^\{"(\w+)":"([\w-]+)"\}$/, "{ $1: $2 }");
}

/** The sentence on what holds if the key is left out and has no default. */
export function leftOut({ otherwise }: SettingNode): string[] {
  if (otherwise === undefined) return [];
  return [otherwise.startsWith("required") ? `R${otherwise.slice(1)}.` : `If left out: ${otherwise}.`];
}
