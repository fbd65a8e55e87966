import type { Document } from "yaml";

import { withoutSecrets } from "./stack-file";
import { findNode, parseYaml, resolved } from "./yaml-document";

/** A value of a stack's file, with its place. */
export interface StackValue {
  value: unknown;
  /** It is encrypted, whole or in part: nobody can read it without the stack's key. */
  encrypted: boolean;
  /** From 1; where the value is written, also if it comes from an anchor. */
  line: number;
}

/**
 * Where a setting stands in the document of a stack's file. Keys without a namespace belong to the project, which is
 * `alloy`.
 */
export function documentPath(document: Document, setting: readonly string[]): string[] {
  const [first = "", ...rest] = setting;
  const long = ["config", `alloy:${first}`];
  const short = findNode(document, long) === undefined && findNode(document, ["config", first]) !== undefined;
  return short ? ["config", first, ...rest] : [...long, ...rest];
}

/**
 * The value of a setting as the stack's file has it, or undefined if the file does not say.
 *
 * @param text the file's text, which has to be YAML
 */
export function stackValueAt(text: string, setting: readonly string[]): StackValue | undefined {
  const { document, lines } = parseYaml(text);
  const found = findNode(document, documentPath(document, setting));
  const node = found && resolved(document, found)?.node;
  if (node === undefined) return undefined;
  const value = node.toJS(document) as unknown;
  return { value, encrypted: withoutSecrets(value).secret, line: lines.linePos(found?.offset ?? 0).line };
}
