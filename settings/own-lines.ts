import { RE2JS } from "re2js";

import type { Settings } from "./schema";

/**
 * Whether every collector reads its own lines. It writes one an hour at least, at level info: each stream is opened again
 * hourly. Without them, a node on which nobody writes looks like a collector that reads nothing.
 */
export function collectsOwnLines({ logs, namespace, nodeSelector, logLevel }: Settings): boolean {
  const isIn = (expression: string): boolean => RE2JS.compile(`^(?:${expression})$`).matches(namespace.name);
  const isCollected = isIn(logs.includeNamespaces) && (logs.excludeNamespaces === "" || !isIn(logs.excludeNamespaces));
  return logs.enabled && isCollected && nodeSelector === ".*" && (logLevel === "info" || logLevel === "debug");
}
