import { RE2JS } from "re2js";
import type { z } from "zod";

import type { canary } from "./schema";
import type { credentials } from "../credentials";
import type { logs } from "../objects";
import { refuse } from "../cross-field-check";

// Not of Settings, whose type is inferred from the schema that this rule is part of.
interface Read {
  canary: z.infer<typeof canary>;
  credentials: z.infer<typeof credentials>;
  logs: z.infer<typeof logs>;
  lokiUrl: string;
  nodeSelector: string;
  namespace: { name: string };
}

/** Groups of settings that {@link canaryRule} reads. */
export const readByCanaryRule = [
  ["canary"],
  ["lokiUrl"],
  ["credentials"],
  ["logs"],
  ["nodeSelector"],
  ["namespace", "name"],
];

/** Where the canary would report lines as lost that nobody was meant to collect, or could not ask at all. */
export function canaryRule(settings: Read, context: z.core.$RefinementCtx): void {
  if (!settings.canary.enabled) return;
  const why = uncollected(settings);
  if (why !== undefined) refuse(context, "canary.enabled", `is on, but ${why}`, "collect those lines, or turn it off");
  lookAtAddress(settings, context);
}

/** Why the canary's own lines would not be collected on every node. */
function uncollected({ logs, nodeSelector, namespace: { name } }: Read): string | undefined {
  if (!logs.enabled) return "alloy:logs.enabled is off, so that every line of its would count as lost";
  if (nodeSelector !== ".*")
    return "alloy:nodeSelector leaves nodes out, and a DaemonSet cannot: lines of those nodes would count as lost";
  if (!isWhole(logs.includeNamespaces, name))
    return `alloy:logs.includeNamespaces leaves out ${name}, where it runs, so that every line would count as lost`;
  if (logs.excludeNamespaces !== "" && isWhole(logs.excludeNamespaces, name))
    return `alloy:logs.excludeNamespaces names ${name}, where it runs, so that every line would count as lost`;
  return undefined;
}

const isWhole = (expression: string, text: string): boolean => RE2JS.compile(`^(?:${expression})$`).matches(text);

function lookAtAddress({ canary, lokiUrl, credentials }: Read, context: z.core.$RefinementCtx): void {
  if (canary.address !== undefined) return;
  const { pathname, search, origin } = new URL(lokiUrl);
  if (pathname !== "/loki/api/v1/push" || search !== "")
    refuse(
      context,
      "canary.address",
      "is missing, and alloy:lokiUrl has a path of its own, which loki-canary cannot ask for",
      `write where Loki answers /loki/api/v1/query_range, such as ${origin}`,
    );
  const kind = credentials.mode === "none" ? "none" : credentials.loki;
  if (kind === "bearer" || kind === "mtls")
    refuse(
      context,
      "canary.address",
      `is missing, and alloy:credentials.loki is ${kind}: loki-canary knows a user name and a password only`,
      "write an address where Loki asks for nothing, or for these",
    );
  if (kind === "basic" && canary.secretName === undefined)
    refuse(
      context,
      "canary.secretName",
      "is missing, and alloy:lokiUrl asks for a user name and a password",
      "name a Secret that holds them under the keys username and password, or write canary.address",
    );
}
