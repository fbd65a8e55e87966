import { types } from "node:util";

import { UnknownValueError } from "@pulumi/policy";

import type { Report } from "./rule";

/**
 * Reading of values that nobody has checked yet. A rule that throws fails the whole update, so nothing here does, but
 * for a value that is not known yet: that error is the engine's own and means something.
 */

export type Plain = Record<string, unknown>;

export function isObject(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one where there is none: its fields are then missing, which is what rules look for. */
export function asObject(value: unknown): Plain {
  return isObject(value) ? value : {};
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Kubernetes treats null as absent. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** The texts in a list, copied; everything that is no text is left out. */
export function texts(value: unknown): string[] {
  const list = asArray(value);
  const found: string[] = [];
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === "string") found.push(item);
  }
  return found;
}

/** Text, or the empty text. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Goes down by field names; anything missing or of another kind on the way gives undefined. */
export function at(value: unknown, ...fields: string[]): unknown {
  return fields.reduce<unknown>((inner, field) => asObject(inner)[field], value);
}

export function isUnknownError(error: unknown): error is Error {
  return error instanceof UnknownValueError;
}

// Every sentinel of the SDK for an unknown value has this length and form. What else has it is read by the SDK's proxy,
// which is right for it as well, and only slower. Source: @pulumi/policy, proxy.js
const unknownForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const unknownLength = 36;

function mayBeUnknown(value: unknown): boolean {
  if (typeof value === "string") return value.length === unknownLength && unknownForm.test(value);
  if (typeof value !== "object" || value === null) return false;
  const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (let i = 0; i < inner.length; i++) if (mayBeUnknown(inner[i])) return true;
  return false;
}

/**
 * The value without the SDK's proxy, if nothing in it is unknown. The proxy makes another one at each reading, which
 * takes most of the time of a rule that reads much; where all is known it has nothing to say.
 */
export function settled(value: Plain): Plain {
  // A resource may have a field of this name, but only a proxy is asked for it.
  if (!types.isProxy(value)) return value;
  const before = looked.get(value);
  if (before !== undefined) return before;
  const behind = value["__getSpecialProxyTarget"];
  const found = isObject(behind) && !types.isProxy(behind) && !mayBeUnknown(behind) ? behind : value;
  looked.set(value, found);
  return found;
}

// A rule has many checks, and each is given the same proxy of the same resource.
const looked = new WeakMap<Plain, Plain>();

/** Runs `look` and hands an unknown value to the report, so that what follows is still looked at. */
export function guarded(report: Report, look: () => void): void {
  try {
    look();
  } catch (error) {
    if (!isUnknownError(error)) throw error;
    report.unknown(error);
  }
}

/** Each element by itself: one that is unknown does not hide the others. */
export function eachItem(
  list: unknown,
  path: string,
  report: Report,
  look: (item: unknown, path: string, index: number) => void,
): void {
  const items = asArray(list);
  for (let i = 0; i < items.length; i++) guarded(report, () => look(items[i], `${path}[${i}]`, i));
}

/** Each entry of an object by itself. */
export function eachEntry(
  object: unknown,
  path: string,
  report: Report,
  look: (value: unknown, path: string, key: string) => void,
): void {
  const entries = asObject(object);
  for (const key of Object.keys(entries)) guarded(report, () => look(entries[key], fieldPath(path, key), key));
}

/** `data.key`, or `data["loki.json"]` where the key has dots in it. */
export function fieldPath(path: string, key: string): string {
  const field = /^[A-Za-z_$][\w$-]*$/.test(key) ? key : undefined;
  if (path === "") return field ?? `[${JSON.stringify(key)}]`;
  return field === undefined ? `${path}[${JSON.stringify(key)}]` : `${path}.${field}`;
}
