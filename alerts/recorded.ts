import { perNode, withLogs, type AlertFacts } from "./alert";
import { stackSelectors } from "./facts";

/** A rule that Prometheus evaluates beforehand: dashboards of many nodes would be slow without it. */
export interface RecordingRule {
  record: string;
  expr: string;
}

/** The names under which Prometheus keeps them. */
export const recorded = {
  read: "node:alloy_lines_read:rate",
  sent: "node:alloy_lines_sent:rate",
  waiting: "node:alloy_lines_waiting:sum",
  lost: "node:alloy_lines_lost:ratio",
  lostLong: "node:alloy_lines_lost:ratio_1h",
} as const;

/** A recorded series of this stack's nodes. */
export const ofStack = ({ settings }: AlertFacts, record: string): string =>
  `${record}{${stackSelectors(settings).join(",")}}`;

/** The last component before loki.write: it counts what comes from loki.process, and what it hands on. */
export const lastStep = "loki.relabel.drop_high_cardinality";

/** Lines that loki.process has let through: what the collector has read and means to send. */
export const linesRead = ({ own }: AlertFacts): string =>
  own("loki_relabel_entries_processed", `component_id="${lastStep}"`);

/** Lines that were given to loki.write. */
const linesGiven = ({ own }: AlertFacts): string => own("loki_relabel_entries_written", `component_id="${lastStep}"`);

/** The recording rules of one stack; none if it collects no logs. */
export function recordingRules(facts: AlertFacts): RecordingRule[] {
  if (!withLogs(facts.settings)) return [];
  const [sent, dropped] = [facts.own("loki_write_sent_entries_total"), facts.own("loki_write_dropped_entries_total")];
  const rate = (series: string, range: string): string => `sum ${perNode} (rate(${series}[${facts.range(range)}]))`;
  const sum = (series: string): string => `sum ${perNode} (${series})`;
  const lost = (range: string): string => `${rate(dropped, range)} / (${rate(dropped, range)} + ${rate(sent, range)})`;
  return [
    { record: recorded.read, expr: rate(linesRead(facts), "5m") },
    { record: recorded.sent, expr: rate(sent, "5m") },
    // Below zero after a log WAL was read again: those lines are sent, but were given in an earlier life.
    { record: recorded.waiting, expr: `clamp_min(${sum(linesGiven(facts))} - ${sum(sent)} - ${sum(dropped)}, 0)` },
    { record: recorded.lost, expr: lost("5m") },
    { record: recorded.lostLong, expr: lost("1h") },
  ];
}
