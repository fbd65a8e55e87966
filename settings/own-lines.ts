import { RE2JS } from "re2js";

import type { Settings } from "./schema";

/** Whether the collectors read their own namespace, so that what they write about themselves is in Loki. */
export function readsOwnNamespace({ logs, namespace }: Pick<Settings, "logs" | "namespace">): boolean {
  const isIn = (expression: string): boolean => RE2JS.compile(`^(?:${expression})$`).matches(namespace.name);
  return (
    logs.enabled && isIn(logs.includeNamespaces) && (logs.excludeNamespaces === "" || !isIn(logs.excludeNamespaces))
  );
}

/**
 * Whether every collector reads its own lines. It writes one an hour at least, at level info: each stream is opened again
 * hourly. Without them, a node on which nobody writes looks like a collector that reads nothing.
 */
export function collectsOwnLines(settings: Settings): boolean {
  const { nodeSelector, logLevel } = settings;
  return readsOwnNamespace(settings) && nodeSelector === ".*" && (logLevel === "info" || logLevel === "debug");
}
