import assert from "node:assert/strict";

import { parse, stringify } from "yaml";

import type { PrometheusRuleSpec } from "../../alerts/prometheus-rule";
import { formatDuration, parseDuration } from "../../kit/units";

/** A rules file in which every `for` is divided, to one second at least. Nothing else changes. */
export function withShorterFor(text: string, factor: number): string {
  const spec = parse(text) as PrometheusRuleSpec;
  const rules = spec.groups.flatMap((group) => group.rules);
  assert.ok(rules.length > 0, "the file has no rules");
  for (const rule of rules) {
    if (!("for" in rule) || rule.for === undefined) continue;
    const milliseconds = (parseDuration(rule.for) ?? assert.fail(`${rule.for} is no duration`)) / factor;
    rule.for = formatDuration(Math.max(1_000, Math.round(milliseconds / 1_000) * 1_000));
  }
  return stringify(spec);
}
