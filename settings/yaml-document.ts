import * as fs from "node:fs";

import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from "yaml";

import { UserError } from "../kit/user-error";

/** YAML as Pulumi's engine reads it: with anchors and merge keys (`<<: *anchor`). */
export function parseYaml(text: string): { document: Document.Parsed; lines: LineCounter } {
  const lines = new LineCounter();
  return { document: parseDocument(text, { lineCounter: lines, merge: true }), lines };
}

/**
 * The object in a YAML file; `{}` if it holds something else.
 *
 * @throws UserError with the line if it is not YAML
 */
export function readYaml(place: string, file: string): Record<string, unknown> {
  const { document } = parseYaml(fs.readFileSync(place, "utf8"));
  const refuse = (reason: string): UserError =>
    UserError.of(file, "", `is not YAML: ${reason.split("\n")[0] ?? ""}`, "correct it at that line");
  const error = document.errors[0];
  if (error) throw refuse(error.message);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (reason) {
    // An alias without its anchor, or one that multiplies its content without end.
    throw refuse(reason instanceof Error ? reason.message : String(reason));
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A value in a document, found as a reader of it would. */
export interface FoundNode {
  node: Node;
  /** Where its key begins, or the value itself for an entry of a list. */
  offset: number;
  /** Why a change here would change other keys, too: it comes from an anchor, or holds one. Undefined: it would not. */
  shared?: string;
}

/** Finds a value by its path, through aliases and merge keys. */
export function findNode(document: Document, path: readonly string[]): FoundNode | undefined {
  let found: FoundNode | undefined = isNode(document.contents) ? { node: document.contents, offset: 0 } : undefined;
  for (const key of path) {
    if (found === undefined) return undefined;
    const parent = resolved(document, found);
    const below = parent && childOf(document, parent.node, key);
    if (below === undefined) return undefined;
    const shared = parent?.shared ?? below.shared ?? anchorInUse(document, below.node);
    found = { node: below.node, offset: below.offset, ...(shared !== undefined && { shared }) };
  }
  return found;
}

/** What an alias stands for. */
export function resolved(document: Document, found: FoundNode): FoundNode | undefined {
  if (!isAlias(found.node)) return found;
  const node = found.node.resolve(document);
  return node === undefined ? undefined : { ...found, node, shared: `the anchor &${found.node.source}` };
}

function childOf(document: Document, parent: Node, key: string): FoundNode | undefined {
  if (isSeq(parent)) {
    const item = parent.items[Number(key)];
    return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : undefined;
  }
  if (!isMap(parent)) return undefined;
  for (const { key: name, value } of parent.items)
    if (isScalar(name) && String(name.value) === key && isNode(value))
      return { node: value, offset: name.range?.[0] ?? value.range?.[0] ?? 0 };
  for (const { key: name, value } of parent.items) {
    // The parser makes a symbol of a merge key; the text "<<" in quotes is a key like any other.
    if (!isScalar(name) || typeof name.value !== "symbol" || !isNode(value)) continue;
    // The first of a list of merged objects wins.
    for (const source of isSeq(value) ? value.items : [value]) {
      const merged = isNode(source) ? resolved(document, { node: source, offset: 0 }) : undefined;
      const child = merged && childOf(document, merged.node, key);
      if (child) return { ...child, shared: child.shared ?? merged.shared ?? "the merge key <<" };
    }
  }
  return undefined;
}

function anchorInUse(document: Document, node: Node): string | undefined {
  const anchor = (isScalar(node) || isCollection(node)) && node.anchor;
  if (!anchor) return undefined;
  let used = false;
  visit(document, { Alias: (_, alias) => void (used ||= alias.source === anchor) });
  return used ? `the anchor &${anchor}` : undefined;
}
