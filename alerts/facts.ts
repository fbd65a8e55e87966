import { createHash } from "node:crypto";

import { formatDuration, parseDuration } from "../kit/units";
import { names } from "../settings/names";
import type { Settings } from "../settings/schema";
import type { AlertFacts } from "./alert";
import { limitsOf } from "./limits";

/** What one stack's alerts are made from. */
export function factsOf(settings: Settings, pipelineText: string): AlertFacts {
  const seriesOf =
    (job: string) =>
    (metric: string, ...matchers: string[]): string =>
      `${metric}{${[...stackSelectors(settings), `job="${job}"`, ...matchers].join(",")}}`;
  return {
    settings,
    limits: limitsOf(settings),
    configHash: configHash(pipelineText),
    own: seriesOf(names.app),
    canary: seriesOf(names.canary),
    range: (wanted) => rangeOf(settings, wanted),
  };
}

/** The labels that every series of this stack has in Prometheus: another cluster's in the same Prometheus has others. */
export const stackSelectors = ({ clusterName, namespace }: Settings): string[] => [
  `cluster="${clusterName}"`,
  `namespace="${namespace.name}"`,
];

/** What Alloy reports as `alloy_config_hash` when it runs this text. Source: internal/runtime, the file's SHA-256 */
export const configHash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A range of at least four scrapes: one that is missed must not silence a rule. */
export function rangeOf({ selfMonitoring }: Settings, wanted: string): string {
  const least = 4 * (parseDuration(selfMonitoring.scrapeInterval) ?? 0);
  return formatDuration(Math.max(parseDuration(wanted) ?? 0, least));
}

/** A part of a span, as Prometheus takes it: whole seconds, one at least. */
export const partOf = (milliseconds: number, part: number): string =>
  formatDuration(Math.max(1, Math.round((milliseconds * part) / 1_000)) * 1_000);
