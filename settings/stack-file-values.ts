import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument, type Document, type Node } from "yaml";

/** A value of a stack's file, with its place. */
export interface StackValue {
  value: unknown;
  /** It is encrypted, whole or in part: nobody can read it without the stack's key. */
  encrypted: boolean;
  /** From 1. */
  line: number;
}

/**
 * Where a setting stands in the document of a stack's file. Keys without a namespace belong to the project, which is
 * `alloy`.
 */
export function documentPath(document: Document, setting: readonly string[]): string[] {
  const [first = "", ...rest] = setting;
  const short = document.hasIn(["config", first]) && !document.hasIn(["config", `alloy:${first}`]);
  return ["config", short ? first : `alloy:${first}`, ...rest];
}

/**
 * The value of a setting as the stack's file has it, or undefined where it does not say.
 *
 * @param text the file's text, which has to be YAML
 */
export function stackValueAt(text: string, setting: readonly string[]): StackValue | undefined {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const path = documentPath(document, setting);
  const node: unknown = document.getIn(path, true);
  if (!isNode(node)) return undefined;
  return {
    value: node.toJS(document) as unknown,
    encrypted: holdsSecret(node),
    line: counter.linePos(keyOffset(document, path) ?? node.range?.[0] ?? 0).line,
  };
}

/** Where the last key of a path begins: an object's value begins on the next line. */
function keyOffset(document: Document, path: readonly string[]): number | undefined {
  const parent: unknown = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const keys = parent.items.map(({ key }) => key).filter((key) => isScalar(key));
  return keys.find(({ value }) => value === path.at(-1))?.range?.[0];
}

function holdsSecret(node: Node): boolean {
  return isCollection(node) && /^\s*["']?secure["']?\s*:/m.test(String(node));
}
