import { z } from "zod";

import { settingsSchema, type Settings } from "./schema";

/** Takes away the wrappers (default, prefault, optional) that say nothing about the value's shape. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional)
    inner = inner.unwrap();
  return inner;
}

/** The fixed keys of an object's schema, or `undefined` for a schema of something else. */
const shapeOf = (schema: z.core.$ZodType | undefined): z.core.$ZodShape | undefined =>
  schema instanceof z.ZodObject ? (schema as z.ZodObject<z.core.$ZodShape>).shape : undefined;

/** The keys and their schemas at a path of keys; `undefined` where settings have no object with fixed keys. */
function shapeAt(path: readonly PropertyKey[]): z.core.$ZodShape | undefined {
  let schema: z.core.$ZodType | undefined = settingsSchema;
  for (const key of path) {
    if (schema instanceof z.ZodArray && typeof key === "number") {
      schema = unwrapped(schema.element);
      continue;
    }
    const child: z.core.$ZodType | undefined = shapeOf(schema)?.[String(key)];
    schema = child && unwrapped(child);
  }
  return shapeOf(schema);
}

/** The keys that the object at a path may hold; empty where there is no object with fixed keys. */
export const keysAt = (path: readonly PropertyKey[]): string[] => Object.keys(shapeAt(path) ?? {});

/** Whether a key of ours holds an object: Pulumi hands those over as JSON text, and all others as plain text. */
export const holdsObject = (key: string): boolean => keysAt([key]).length > 0 || is(key, z.ZodRecord);

/** Whether a key of ours holds a list, which is handed over as JSON text too. */
export const holdsList = (key: string): boolean => is(key, z.ZodArray);

function is(key: string, kind: typeof z.ZodArray | typeof z.ZodRecord): boolean {
  const schema = shapeAt([])?.[key];
  return schema !== undefined && unwrapped(schema) instanceof kind;
}

/** An object as it is written in YAML, with the keys that it must have or else its first: `{ address: …, path: … }`. */
export function exampleOf(path: readonly PropertyKey[]): string {
  const shape = shapeAt(path);
  if (!shape) return "{ name: value }";
  const required = Object.keys(shape).filter((key) => !z.safeParse(shape[key] ?? z.unknown(), undefined).success);
  const shown = required.length > 0 ? required : Object.keys(shape).slice(0, 2);
  return `{ ${shown.map((key) => `${key}: …`).join(", ")} }`;
}

/** The value of a setting by its path; undefined where the settings have none. */
export const settingOf = (settings: Settings, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    settings,
  );
