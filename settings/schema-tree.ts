import { z } from "zod";

import { settingsSchema } from "./schema";

/** Takes away the wrappers (default, prefault, optional) that say nothing about the value's shape. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional)
    inner = inner.unwrap();
  return inner;
}

/** The schema at a path of keys, without its wrappers; `undefined` for a path that settings do not have. */
export function schemaAt(path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = settingsSchema;
  for (const key of path) {
    if (!(schema instanceof z.ZodObject)) return undefined;
    const child: z.core.$ZodType | undefined = (schema as z.ZodObject).shape[String(key)];
    schema = child && unwrapped(child);
  }
  return schema;
}

/** The keys that the object at a path may hold; empty where there is no object with fixed keys. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(path);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Whether a key of ours holds an object: Pulumi hands those over as JSON text, and all others as plain text. */
export const isGroup = (key: string): boolean => keysAt([key]).length > 0;

/** A group as a person writes it in YAML, with the keys that it must have or else its first: `{ address: …, path: … }`. */
export function exampleOf(path: readonly PropertyKey[]): string {
  const schema = schemaAt(path);
  if (!(schema instanceof z.ZodObject)) return "{ name: value }";
  const keys = Object.keys(schema.shape);
  const required = keys.filter((key) => !z.safeParse(schema.shape[key] as z.core.$ZodType, undefined).success);
  const shown = required.length > 0 ? required : keys.slice(0, 2);
  return `{ ${shown.map((key) => `${key}: …`).join(", ")} }`;
}
