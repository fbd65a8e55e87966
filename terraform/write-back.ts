import { isDeepStrictEqual } from "node:util";

import { isMap, isScalar, parse, type Document, type Scalar } from "yaml";

import { UserError } from "../kit/user-error";
import { documentPath } from "../settings/stack-file-values";
import { findNode, parseYaml } from "../settings/yaml-document";

/** A setting and the value that it shall have. */
export interface Change {
  setting: readonly string[];
  value: unknown;
}

/**
 * The text of a stack's file with some settings changed; everything else stays: comments, order, unknown keys. A single
 * value is replaced where it stands, and nothing else in the file changes by a letter; a new key or a list goes through
 * YAML's own writer, which may set spaces otherwise.
 *
 * @throws UserError where the file is no YAML, or has no place for the value
 */
export function syncStackText(text: string, changes: readonly Change[], file: string): string {
  return changes.reduce((now, change) => withChange(now, change, file), text);
}

function withChange(text: string, { setting, value }: Change, file: string): string {
  const { document, lines } = parseYaml(text);
  const error = document.errors[0];
  if (error)
    throw UserError.of(
      `${file}:${lines.linePos(error.pos[0]).line}`,
      "",
      "is not YAML",
      "correct it at that line",
      "nothing was written",
    );
  const path = documentPath(document, setting);
  const shared = path
    .map((_, at) => findNode(document, path.slice(0, at + 1))?.shared)
    .find((one) => one !== undefined);
  if (shared !== undefined)
    throw UserError.of(
      file,
      path.slice(1).join("."),
      `shares its value with other keys (${shared})`,
      "change it by hand",
      "nothing was written",
    );
  const node: unknown = document.getIn(path, true);
  const changed =
    isScalar(node) && typeof value !== "object" ? withScalar(text, node, value) : withNode(document, path, value, file);
  // The writer is asked, not trusted: a stack's file decides what is deployed.
  const now = path.reduce<unknown>(
    (held, key) => (held as Record<string, unknown> | undefined)?.[key],
    parse(changed, { merge: true }),
  );
  if (!isDeepStrictEqual(now, value))
    throw new Error(`${file}: ${path.join(".")} could not be written as ${JSON.stringify(value)}`);
  return changed;
}

function withScalar(text: string, node: Scalar, value: unknown): string {
  const [start = 0, end = 0] = node.range ?? [];
  const old = text.slice(start, end);
  // An empty value stands right behind its colon.
  const gap = old === "" && text[start - 1] === ":" ? " " : "";
  const block = node.type === "BLOCK_FOLDED" || node.type === "BLOCK_LITERAL";
  return (
    text.slice(0, start) + gap + written(value, node.type === "QUOTE_SINGLE") + (block ? "\n" : "") + text.slice(end)
  );
}

/** A plain word where YAML reads it back as the same text, in quotes otherwise; JSON's strings are YAML's. */
function written(value: unknown, singleQuotes: boolean): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (singleQuotes && /^[\x20-\x7e]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  // YAML 1.1, which Pulumi reads in part, has more words for true and false.
  const plain = /^[A-Za-z][\w./-]*(:[\w./-]+)*$/.test(value) && !/^(y|n|yes|no|on|off)$/i.test(value);
  return plain && parse(value) === value ? value : JSON.stringify(value);
}

function withNode(document: Document, path: readonly string[], value: unknown, file: string): string {
  for (let length = 1; length < path.length; length++) {
    const parent: unknown = document.getIn(path.slice(0, length), true);
    if (parent === undefined) break;
    if (isScalar(parent) && parent.value === null) {
      document.deleteIn(path.slice(0, length));
      break;
    }
    if (!isMap(parent))
      throw UserError.of(
        file,
        path.slice(1, length).join("."),
        "is not an object, so no key can be set in it",
        "correct it by hand",
        "nothing was written",
      );
  }
  if (document.contents === null) document.contents = document.createNode({});
  document.setIn(path, document.createNode(value));
  return document.toString({ lineWidth: 0 });
}
