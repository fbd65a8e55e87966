import { parseQuantity } from "../../kit/units";
import { textTable } from "../../kit/text-table";
import type { Settings } from "../../settings/schema";
import { mebibytes, type Finding } from "./findings";
import type { CollectorStatus, StackStatus } from "./read-status";

/** How many collectors with which nothing is wrong are shown. */
const shownHealthy = 20;

/**
 * The status for a person: one sentence, a row a node with what is wrong first, and the reasons. Pure.
 *
 * @param all shows every node; otherwise those with a finding, and some others
 */
export function statusText(status: StackStatus, settings: Settings, all: boolean): string {
  const { collectors, findings, unknown } = status;
  const ill = collectors.filter((one) => one.findings.length > 0);
  const shown = all ? collectors : collectors.slice(0, Math.max(ill.length, shownHealthy));
  const rest = collectors.length - shown.length;
  return [
    headline(status),
    ...(shown.length === 0 ? [] : ["", textTable([header, ...shown.map((one) => rowOf(one, settings))])]),
    ...(rest === 0 ? [] : [`${rest} collectors more, with which nothing is wrong: --all shows them.`]),
    ...reasons(findings),
    ...lastErrors(shown),
    ...(unknown.length === 0 ? [] : ["", "Nobody could look", ...unknown.map((one) => `  ${one}`)]),
  ].join("\n");
}

function headline({ stack, clusterName, collectors, findings }: StackStatus): string {
  const answering = collectors.filter(({ version }) => version !== undefined);
  const versions = [...new Set(answering.map(({ version }) => version))].join(", ");
  const agreeing = collectors.filter(({ configuration }) => configuration === "as deployed").length;
  const rate = collectors.reduce((sum, one) => sum + (one.linesPerSecond ?? 0), 0);
  const wrong = findings.filter(({ severity }) => severity !== "info").length;
  return [
    `${stack}, cluster ${clusterName}: ${wrong === 0 ? "nothing is wrong" : `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong`}.`,
    `${answering.length} of ${collectors.length} collectors answer${versions === "" ? "" : ` (${versions})`}, ` +
      `${agreeing} run the configuration that is deployed, Loki takes ${rate.toFixed(1)} lines a second.`,
  ].join("\n");
}

const header = ["NODE", "STATE", "VERSION", "CONFIG", "LINES/S", "LOST", "HELD", "P99", "MEMORY"];

function rowOf(one: CollectorStatus, { resources }: Settings): string[] {
  const [first] = one.findings;
  const state = first?.alert ?? (one.version === undefined ? one.phase : "ok");
  if (one.version === undefined) return [one.node, state];
  const limit = parseQuantity(resources.limits.memory) ?? 0;
  const share = limit === 0 ? "" : ` (${Math.round((100 * (one.memoryBytes ?? 0)) / limit)}%)`;
  return [
    one.node,
    state,
    one.version,
    one.configuration ?? "",
    one.linesPerSecond?.toFixed(1) ?? "-",
    String(one.lost ?? "-"),
    String(one.held ?? "-"),
    one.p99Seconds === undefined ? "-" : `${one.p99Seconds}s`,
    `${mebibytes(one.memoryBytes ?? 0)}${share}`,
  ];
}

/** Each reason once, with the nodes that have it. */
function reasons(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const byAlert = new Map<string, Finding[]>();
  for (const one of findings) byAlert.set(one.alert, [...(byAlert.get(one.alert) ?? []), one]);
  return [
    "",
    "What is wrong",
    ...[...byAlert].flatMap(([alert, list]) => [
      `  ${alert} (${list[0]?.severity ?? ""})`,
      ...list.slice(0, 5).map(({ node, seen }) => `    ${node === undefined ? "" : `${node}: `}${seen}`),
      ...(list.length > 5 ? [`    and ${list.length - 5} nodes more`] : []),
      `    What is lost: ${list[0]?.lost ?? ""}`,
      `    What to do: docs/runbooks/${alert}.md`,
    ]),
  ];
}

function lastErrors(collectors: readonly CollectorStatus[]): string[] {
  const found = collectors.filter(({ lastError, findings }) => lastError !== undefined && findings.length > 0);
  if (found.length === 0) return [];
  return ["", "Their last errors", ...found.slice(0, 5).map(({ node, lastError }) => `  ${node}: ${lastError ?? ""}`)];
}
