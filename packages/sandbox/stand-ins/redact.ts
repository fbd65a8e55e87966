import type { PropertyMap, Value } from "./values";
import { isMap, Secret } from "./values";

/** Shorter texts are left alone: they occur in ordinary words, and a message full of holes helps nobody. */
const MIN_LENGTH = 4;

/**
 * Takes secret values out of a message. An API server quotes what it refuses (`Invalid value: "…"`), so any error
 * may hold one. Looks for the text itself, its base64 form (a Kubernetes Secret's data) and what it decodes to, and
 * for the members of a secret JSON text (a Vault secret's `dataJson`).
 */
export function redact(message: string, ...requests: PropertyMap[]): string {
  const texts = new Set<string>();
  for (const request of requests) collect(request, false, texts);
  return [...texts]
    .filter((text) => text.length >= MIN_LENGTH)
    .sort((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), message);
}

function collect(value: Value, secret: boolean, into: Set<string>): void {
  if (value instanceof Secret) collect(value.value, true, into);
  else if (Array.isArray(value)) for (const item of value) collect(item, secret, into);
  else if (isMap(value)) for (const item of Object.values(value)) collect(item, secret, into);
  else if (secret && (typeof value === "string" || typeof value === "number")) addForms(String(value), into);
}

function addForms(text: string, into: Set<string>): void {
  into.add(text);
  into.add(JSON.stringify(text).slice(1, -1));
  into.add(Buffer.from(text).toString("base64"));
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0) {
    into.add(Buffer.from(text, "base64").toString("utf8"));
  }
  for (const member of jsonMembers(text)) into.add(member);
}

function jsonMembers(text: string): string[] {
  if (!/^\s*[{[]/.test(text)) return [];
  try {
    const members: string[] = [];
    JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === "string" || typeof value === "number") members.push(String(value));
      return value;
    });
    return members;
  } catch {
    // Text that only looks like JSON: the whole of it is redacted already.
    return [];
  }
}
