import { RE2JS } from "re2js";
import type { z } from "zod";

import type { canary } from "./schema";
import type { credentials } from "../credentials";
import type { logs } from "../logs";
import { refuse } from "../cross-field-check";

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  canary: z.infer<typeof canary>;
  credentials: z.infer<typeof credentials>;
  logs: z.infer<typeof logs>;
  lokiUrl: string;
  nodeSelector: string;
  namespace: { name: string };
}

/** The settings that {@link checkCanary} reads. */
export const readByCanaryCheck = [
  ["canary"],
  ["lokiUrl"],
  ["credentials"],
  ["logs"],
  ["nodeSelector"],
  ["namespace", "name"],
];

/** Refuses a canary that would report lines as lost that nobody was meant to collect, or that could not ask Loki. */
export function checkCanary(settings: Read, context: z.core.$RefinementCtx): void {
  if (!settings.canary.enabled) return;
  const why = uncollected(settings);
  if (why !== undefined) refuse(context, "canary.enabled", `is on, but ${why}`, "collect those lines, or turn it off");
  lookAtAddress(settings, context);
}

/** Why the canary's own lines would not be collected on every node. */
function uncollected({ logs, nodeSelector, namespace: { name } }: Read): string | undefined {
  if (!logs.enabled) return "alloy:logs.enabled is off, so each of its lines would count as lost";
  if (nodeSelector !== ".*")
    return "alloy:nodeSelector leaves nodes out on which the canary runs, so their lines would count as lost";
  if (!isWhole(logs.includeNamespaces, name))
    return `alloy:logs.includeNamespaces leaves out ${name}, where it runs, so every line would count as lost`;
  if (logs.excludeNamespaces !== "" && isWhole(logs.excludeNamespaces, name))
    return `alloy:logs.excludeNamespaces names ${name}, where it runs, so every line would count as lost`;
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
      "is missing, and alloy:lokiUrl has a path of its own, at which loki-canary cannot ask",
      `write the address at which Loki answers /loki/api/v1/query_range, such as ${origin}`,
    );
  const kind = credentials.mode === "none" ? "none" : credentials.loki;
  if (kind === "bearer" || kind === "mtls")
    refuse(
      context,
      "canary.address",
      `is missing, and alloy:credentials.loki is ${kind}: loki-canary can send only a user name and a password`,
      "write an address at which Loki asks for no credential, or for a user name and a password",
    );
  if (kind === "basic" && canary.secretName === undefined)
    refuse(
      context,
      "canary.secretName",
      "is missing, and alloy:lokiUrl asks for a user name and a password",
      "name a Secret with the keys username and password, or write canary.address",
    );
}
