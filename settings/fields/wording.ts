/**
 * The wording of what a field refuses. A zod issue carries one string. Here it is `problem → remedy`, which
 * schema-problems.ts splits again, so that every problem is reported with what to write instead.
 */

const separator = " → ";

/** Joins what is wrong and what to write instead. */
export const message = (problem: string, remedy: string): string => `${problem}${separator}${remedy}`;

/** The two halves of a message of ours, or `undefined` for one of zod's own. */
export function splitMessage(text: string): { problem: string; remedy: string } | undefined {
  // The last one: the problem may quote a value, the remedy never does.
  const at = text.lastIndexOf(separator);
  return at < 0 ? undefined : { problem: text.slice(0, at), remedy: text.slice(at + separator.length) };
}

/** A value as a message quotes it: without what may be a user and a password, and not longer than a line. */
export function shown(value: unknown): string {
  const quoted = (JSON.stringify(value) ?? String(value)).replace(/^.*@(?!sha256:)/, '"…@');
  return quoted.length > 80 ? `${quoted.slice(0, 76)}…"` : quoted;
}

/** What a message says of a value of the wrong type; `wanted` completes "must be …". */
export function wrongType(value: unknown, wanted: string): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is empty";
  return `is ${valueKind(value)}, but must be ${wanted}`;
}

function valueKind(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? `the text ${shown(value)}` : `the ${typeof value} ${String(value)}`;
}
