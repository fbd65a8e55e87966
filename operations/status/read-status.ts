import { setTimeout as sleep } from "node:timers/promises";

import { factsOf, configHash } from "../../alerts/facts";
import type { AlertFacts, Severity } from "../../alerts/alert";
import { keptMetrics } from "../../alerts/kept-metrics";
import { errorText } from "../../kit/error-text";
import { composePipeline } from "../../pipeline/compose";
import { names } from "../../settings/names";
import { KubeError, kubePath, type KubeObject } from "../cluster/kubernetes-client";
import { newestErrors, type CollectorError } from "../collectors/errors";
import type { Collector } from "../collectors/find";
import type { StackContext } from "../stack-context";
import { finding, findingsOf, isUndecided, type Finding, type Seen } from "./findings";
import { heldIn, latenessBetween, lookAt, type Look } from "./look";

/** How far the two looks at each collector are apart. */
export interface StatusPatience {
  everyMs: number;
  /** How long to go on looking at a collector that may be between two tries: longer than the longest pause, 30 s. */
  undecidedMs: number;
}

const usual: StatusPatience = { everyMs: 5_000, undecidedMs: 35_000 };

/** One collector, as the status shows it. */
export interface CollectorStatus {
  node: string;
  pod: string;
  phase: Collector["phase"];
  /** Undefined in what follows if it does not answer. */
  version: string | undefined;
  configuration: "as deployed" | "another" | undefined;
  linesPerSecond: number | undefined;
  /** Lines that are lost since it started. */
  lost: number | undefined;
  /** Lines that it has read and not sent. */
  held: number | undefined;
  /** Age of 99 of 100 lines when Loki took them, at most, in seconds; undefined if it took none meanwhile. */
  p99Seconds: number | undefined;
  memoryBytes: number | undefined;
  series: number | undefined;
  /** The newest error in its log, since it started. */
  lastError: string | undefined;
  findings: Finding[];
}

/** Everything that `status` tells. */
export interface StackStatus {
  stack: string;
  clusterName: string;
  /** Worst first. */
  collectors: CollectorStatus[];
  /** What is wrong, with the whole cluster or with one collector; worst first. */
  findings: Finding[];
  /** What nobody could look at. */
  unknown: string[];
}

const severities: Severity[] = ["critical", "warning", "info"];
const rankOf = ([first]: readonly Finding[]): number =>
  first === undefined ? severities.length : severities.indexOf(first.severity);

/**
 * Looks at every collector of a stack, twice. It changes nothing.
 *
 * @param tell hears why it takes long
 * @throws KubeError or UserError if nobody may list the collectors, or ask any of them
 */
export async function readStackStatus(
  context: StackContext,
  tell: (text: string) => void,
  patience: StatusPatience = usual,
): Promise<StackStatus> {
  const { stack, settings } = context;
  const text = composePipeline(settings, context.home).text;
  const facts = factsOf(settings, text);
  const unknown: string[] = [];
  const deployed = await deployedHash(context).catch((error: unknown) => {
    unknown.push(`which configuration is deployed (${firstLine(error)})`);
    return undefined;
  });
  const found = await context.findCollectors();
  const pods = found.filter(({ phase }) => phase !== "ending").sort((a, b) => a.node.localeCompare(b.node));
  const seen = await lookTwice(pods, new Set(keptMetrics(settings)), tell, patience);
  const expected = deployed ?? facts.configHash;
  const collectors = pods
    .map((collector, at) => statusOf(collector, seen[at], facts, expected))
    .sort((a, b) => rankOf(a.findings) - rankOf(b.findings));
  if (seen.some(({ errors }) => errors === undefined)) unknown.push("what some collectors have logged");
  const ofCluster = await clusterFindings(context, facts, pods.length).catch((error: unknown) => {
    unknown.push(`how many nodes should have a collector (${firstLine(error)})`);
    return [];
  });
  const findings = [...ofCluster, ...collectors.flatMap((one) => one.findings)];
  findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  return { stack, clusterName: settings.clusterName, collectors, findings, unknown };
}

/** The hash of the text in the cluster's ConfigMap: a change that is not deployed yet is no fault of the collectors. */
async function deployedHash({ cluster, settings }: StackContext): Promise<string | undefined> {
  const place = { apiVersion: "v1", kind: "ConfigMap", namespace: settings.namespace.name, name: names.configMap };
  const found = await cluster.find<KubeObject & { data?: Record<string, string> }>(kubePath(place));
  const text = found?.data?.[names.configKey];
  return text === undefined ? undefined : configHash(text);
}

/** What is wrong with the whole: zero collectors are a failure, and so is a node without one. */
async function clusterFindings(
  { cluster, settings }: StackContext,
  facts: AlertFacts,
  running: number,
): Promise<Finding[]> {
  if (running === 0) return [finding("AlloyAbsent", undefined, "no collector runs", facts)];
  const place = { apiVersion: "apps/v1", kind: "DaemonSet", namespace: settings.namespace.name, name: names.daemonSet };
  const found = await cluster.find<KubeObject & { status?: { desiredNumberScheduled?: number } }>(kubePath(place));
  const missing = (found?.status?.desiredNumberScheduled ?? 0) - running;
  if (missing <= 0) return [];
  return [finding("AlloyNodeWithoutCollector", undefined, `${missing} nodes have no collector`, facts)];
}

/** Two looks at each; more at those that may be between two tries to reach Loki. */
async function lookTwice(
  collectors: readonly Collector[],
  kept: ReadonlySet<string>,
  tell: (text: string) => void,
  { everyMs, undecidedMs }: StatusPatience,
): Promise<Seen[]> {
  const first = await Promise.all(collectors.map((collector) => ask(collector, kept)));
  const began = Date.now();
  let second = first;
  let told = false;
  const open = (): boolean =>
    first.some(({ look }, at) => {
      const after = second[at]?.look;
      return look !== undefined && after !== undefined && isUndecided(look, after);
    });
  do {
    if (!first.some(({ look }) => look !== undefined)) break;
    await sleep(everyMs);
    second = await Promise.all(collectors.map((collector) => ask(collector, kept)));
    if (!told && open()) tell("some collectors have tried again before: looking whether they do so now…");
    told ||= open();
  } while (open() && Date.now() - began < undecidedMs);
  return Promise.all(
    collectors.map(async (collector, at) => {
      const { look: after, silent } = second[at] ?? {};
      const errors = await errorsOf(collector, after);
      const { node, restarts } = collector;
      return { node, before: first[at]?.look, after, silent, errors, ...(restarts !== undefined && { restarts }) };
    }),
  );
}

async function ask({ phase, get }: Collector, kept: ReadonlySet<string>): Promise<{ look?: Look; silent?: string }> {
  if (phase !== "running") return { silent: "it is not running yet, or not any more" };
  try {
    return { look: lookAt(await get("/metrics"), Date.now(), kept) };
  } catch (error) {
    // A person who may not ask knows nothing of the collector; a collector that does not answer is a finding.
    if (error instanceof KubeError && (error.code === 401 || error.code === 403)) throw error;
    return { silent: `it does not answer (${firstLine(error)})` };
  }
}

async function errorsOf(collector: Collector, look: Look | undefined): Promise<CollectorError[] | undefined> {
  try {
    return newestErrors(await collector.log(), look === undefined ? 0 : look.startedAt * 1_000);
  } catch {
    return undefined; // who may ask for metrics may not always read logs
  }
}

function statusOf(
  { node, pod, phase }: Collector,
  seen: Seen | undefined,
  facts: AlertFacts,
  expectedHash: string,
): CollectorStatus {
  const { before, after } = seen ?? {};
  const seconds = before === undefined || after === undefined ? 0 : (after.at - before.at) / 1_000;
  const same = before !== undefined && before.startedAt === after?.startedAt;
  return {
    ...{ node, pod, phase },
    version: after?.version,
    configuration: after && (after.configHash === expectedHash ? "as deployed" : "another"),
    linesPerSecond: after && same && seconds > 0 ? (after.sent - before.sent) / seconds : undefined,
    lost: after?.dropped,
    held: after && heldIn(after),
    p99Seconds: after && same ? latenessBetween(before, after) : undefined,
    memoryBytes: after?.memoryBytes,
    series: after?.series,
    lastError: seen?.errors?.[0]?.text,
    findings: seen === undefined ? [] : findingsOf(seen, facts, expectedHash),
  };
}

const firstLine = (error: unknown): string => errorText(error).split("\n")[0] ?? "";
