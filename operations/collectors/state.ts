import { parseMetrics, sumOf, type MetricSample } from "../../kit/metrics-text";
import type { Problem } from "../../kit/user-error";

/** What a collector's own metrics say of its way to Loki. */
export interface CollectorState {
  node: string;
  /** When its process was started, in seconds since 1970: counters begin anew with it. */
  startedAt: number;
  /** Lines that Loki has taken. */
  sent: number;
  retries: number;
  /** Requests by Loki's answer; -1 where there was none. */
  answers: Readonly<Record<string, number>>;
}

/** Reads a metrics page of Alloy. */
export function stateOf(node: string, page: string): CollectorState {
  const samples = parseMetrics(page);
  return {
    node,
    startedAt: sumOf(samples, "alloy_resources_process_start_time_seconds"),
    sent: sumOf(samples, "loki_write_sent_entries_total"),
    retries: sumOf(samples, "loki_write_batch_retries_total"),
    answers: answersOf(samples),
  };
}

function answersOf(samples: readonly MetricSample[]): Record<string, number> {
  const answers: Record<string, number> = {};
  for (const { name, labels, value } of samples) {
    const code = labels["status_code"];
    if (name === "loki_write_request_duration_seconds_count" && code !== undefined)
      answers[code] = (answers[code] ?? 0) + value;
  }
  return answers;
}

/** Whether a collector holds lines that Loki does not take: it tried again and nothing went through. */
export type Retrying = "yes" | "no" | "unknown";

/**
 * Judges by two looks at one collector. `unknown` where it has tried again at some time and nothing has happened since:
 * it may be idle, or between two tries. Pure.
 */
export function retryingBetween(before: CollectorState, after: CollectorState): Retrying {
  if (after.startedAt !== before.startedAt || after.sent > before.sent || after.retries === 0) return "no";
  return after.retries > before.retries ? "yes" : "unknown";
}

/** What a collector's requests have come to since the first look, or since its start where that is later. */
export interface Delivery {
  node: string;
  sent: number;
  /** Answers from 400 to 499 but 429: each of them is a batch that is gone. */
  refused: Readonly<Record<string, number>>;
  /** Requests of any kind. */
  requests: number;
}

/** Compares two looks at the same node. Pure. */
export function deliveryBetween(before: CollectorState | undefined, after: CollectorState): Delivery {
  const same = before?.startedAt === after.startedAt ? before : undefined;
  const answers = Object.fromEntries(
    Object.entries(after.answers).map(([code, count]) => [code, count - (same?.answers[code] ?? 0)]),
  );
  return {
    node: after.node,
    sent: after.sent - (same?.sent ?? 0),
    refused: Object.fromEntries(
      Object.entries(answers).filter(([code, count]) => /^4\d\d$/.test(code) && code !== "429" && count > 0),
    ),
    requests: Object.values(answers).reduce((sum, count) => sum + count, 0),
  };
}

const remedies: Record<string, { key: string; remedy: string }> = {
  "400": {
    key: "alloy:logs.structuredMetadata",
    remedy:
      "set it to false if the tenant forbids structured metadata; otherwise read in the collectors' logs what Loki said, " +
      "such as a line above its max_line_size (then set alloy:logs.maxLine)",
  },
  "401": { key: "alloy:credentials", remedy: "give the collectors the credential that Loki's gateway asks for" },
  "403": { key: "alloy:credentials", remedy: "let this user write to the tenant that alloy:lokiTenant names" },
  "404": { key: "alloy:lokiUrl", remedy: "write Loki's push endpoint with its path, /loki/api/v1/push" },
  "413": { key: "alloy:lokiUrl", remedy: "let the gateway take requests of more than 1 MiB (client_max_body_size)" },
};

/**
 * Whether Loki refuses single lines of a collector, and not the collector: it takes most requests, so that neither the
 * tenant nor the credential is refused. Loki answers 400 to a batch in which one line is too long, and keeps the others
 * (seen with Loki 3.7.8).
 */
const refusesSingleLines = ({ sent, refused, requests }: Delivery): boolean =>
  sent > 0 && (refused["400"] ?? 0) * 2 < requests;

/** A warning of single lines that Loki does not take; one noisy pod is no reason to call an update a failure. Pure. */
export function singleLinesRefused(deliveries: readonly Delivery[]): string | undefined {
  const nodes = deliveries.filter((one) => "400" in one.refused && refusesSingleLines(one)).map(({ node }) => node);
  if (nodes.length === 0) return undefined;
  return [
    `warning: Loki answers 400 to some batches of ${nodes.join(", ")}: it does not take single lines, and keeps the others`,
    "  the collectors' logs quote Loki. A line above its max_line_size (256KB by default) is the usual one: have it cut by",
    "  alloy:logs.maxLine: 256Ki, or by max_line_size_truncate: true in Loki's limits_config, or raise max_line_size there",
  ].join("\n");
}

/** What Loki's refusals mean, one problem a status. Single lines are no problem of a collector's. Pure. */
export function refusals(file: string, deliveries: readonly Delivery[]): Problem[] {
  const nodes = new Map<string, string[]>();
  for (const delivery of deliveries)
    for (const code of Object.keys(delivery.refused))
      if (code !== "400" || !refusesSingleLines(delivery)) nodes.set(code, [...(nodes.get(code) ?? []), delivery.node]);
  return [...nodes].sort().map(([code, from]) => ({
    file,
    key: remedies[code]?.key ?? "alloy:lokiUrl",
    problem: `Loki answers ${code} to ${from.join(", ")}: each such batch of lines is lost`,
    remedy: remedies[code]?.remedy ?? "read in the collectors' logs what Loki said",
  }));
}
