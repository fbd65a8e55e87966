import type { AlertName } from "../../alerts/table";
import type { AlertFacts, Severity } from "../../alerts/alert";
import type { Limits } from "../../alerts/limits";
import { alerts } from "../../alerts/table";
import { retriesWithin } from "../../pipeline/outage";
import { isRefusal, type CollectorError } from "../collectors/errors";
import { heldIn, latenessBetween, type Look } from "./look";

/** Something that is wrong with one collector, under the name of the alert that Prometheus would raise. */
export interface Finding {
  alert: AlertName;
  severity: Severity;
  /** Undefined if it is about the whole cluster. */
  node: string | undefined;
  /** What was seen, in one clause. */
  seen: string;
  /** What is lost, and until when. */
  lost: string;
}

/** Alerts that two looks cannot judge: they need an hour's history, or ask others than the collectors. */
export const withoutFinding: readonly AlertName[] = [
  "AlloyCpuAtLimit",
  "AlloyVaultNotRead",
  "AlloyRemoteWriteStalled",
  "AlloyCanaryLinesMissing",
];

/** What is known of one collector. */
export interface Seen {
  node: string;
  /** Two looks at its metrics; undefined if it did not answer. */
  before: Look | undefined;
  after: Look | undefined;
  /** Why it did not answer, or does not run. */
  silent: string | undefined;
  /** How often its container was started again since its pod is there; undefined if nobody counts. */
  restarts?: number;
  /** The newest errors in its log; undefined if nobody may read it. */
  errors: readonly CollectorError[] | undefined;
}

/**
 * What is wrong with one collector, worst first. Each finding has the limit of the alert whose name it bears. Those of
 * {@link withoutFinding} are not among them. Pure.
 *
 * @param expectedHash the hash of the configuration that is deployed
 */
export function findingsOf(seen: Seen, facts: AlertFacts, expectedHash: string): Finding[] {
  const { node, before, after, silent, errors = [] } = seen;
  const found: Finding[] = [];
  const say = (alert: AlertName, what: string): void => void found.push(finding(alert, node, what, facts));
  if (silent !== undefined || after === undefined) say("AlloyCollectorDown", silent ?? "it does not answer");
  const now = after?.at ?? Date.now();
  const refusals = errors.filter((error) => isRefusal(error, now)).map(({ text }) => text);
  const byApi = refusals.filter((text) => /forbidden/i.test(text));
  if (byApi.some((text) => /pods\/log/.test(text))) say("AlloyNothingRead", "the API server refuses it pods/log");
  else if (byApi.length > 0) say("AlloyDiscoveryFailing", "the API server refuses it");
  if (isRestarting(seen, facts.limits, now))
    say(
      "AlloyCollectorRestarting",
      `its container was started again ${seen.restarts ?? 0} times, the last time within the hour`,
    );
  if (after !== undefined) {
    judgeNow(after, facts, expectedHash, say);
    if (before !== undefined && before.startedAt === after.startedAt) judgeBetween(before, after, facts, say);
  }
  const order: Severity[] = ["critical", "warning", "info"];
  return found
    .filter(({ alert }, at) => found.findIndex((other) => other.alert === alert) === at)
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** One finding with what the table says of its alert. */
export function finding(name: AlertName, node: string | undefined, seen: string, facts: AlertFacts): Finding {
  const alert = alerts.find((one) => one.name === name);
  if (alert === undefined) throw new Error(`there is no alert ${name}`);
  const severity = alert.rules(facts)[0]?.severity ?? "warning";
  return { alert: name, severity, node, seen, lost: alert.lost(facts) };
}

/**
 * A pod tells how often its container was started again, and of the starts the last one's time only. So the others may
 * have been earlier than the hour that the alert looks at.
 */
function isRestarting({ restarts = 0, after }: Seen, { restartsPerHour }: Limits, nowMs: number): boolean {
  const isRecent = after === undefined || nowMs - after.startedAt * 1_000 < 3_600_000;
  return restarts > restartsPerHour && isRecent;
}

type Say = (alert: AlertName, what: string) => void;

/** What one look tells. */
function judgeNow(now: Look, { limits, settings }: AlertFacts, expectedHash: string, say: Say): void {
  if (now.configLoaded === false) say("AlloyConfigNotLoaded", "it refused its configuration and runs the one before");
  if (now.configHash !== "" && now.configHash !== expectedHash)
    say(
      "AlloyConfigUnexpected",
      `it runs configuration ${now.configHash.slice(0, 8)}, not ${expectedHash.slice(0, 8)}`,
    );
  if (now.unhealthy > 0) say("AlloyComponentUnhealthy", `${now.unhealthy} of its components are not healthy`);
  if (heldIn(now) > limits.waitingLines) say("AlloyQueueFilling", `${heldIn(now)} lines wait in it`);
  if (now.memoryBytes > limits.memoryBytes)
    say(
      "AlloyMemoryNearLimit",
      `it uses ${mebibytes(now.memoryBytes)} of ${settings.resources.limits.memory} of memory`,
    );
  if (settings.metrics.enabled && now.walBytes > limits.walBytes)
    say("AlloyWalSpace", `its write-ahead logs take ${mebibytes(now.walBytes)} of ${settings.wal.disk}`);
  if ((now.behindSeconds ?? 0) > limits.behindSeconds)
    say("AlloyRemoteWriteBehind", `node metrics are ${Math.round(now.behindSeconds ?? 0)} s late`);
  if ((now.logWalBehindSeconds ?? 0) > limits.logWalBehindSeconds)
    say("AlloyLogWalBehind", `its log WAL is ${Math.round(now.logWalBehindSeconds ?? 0)} s behind`);
  if ((now.credentialAgeSeconds ?? 0) > limits.credentialAgeSeconds)
    say("AlloyCredentialFileUnread", `it read its credential ${Math.round(now.credentialAgeSeconds ?? 0)} s ago`);
  if (now.series > limits.series) say("AlloySeriesOverBudget", `it costs Prometheus ${now.series} series`);
}

/** What only two looks tell. */
function judgeBetween(before: Look, after: Look, facts: AlertFacts, say: Say): void {
  const { limits } = facts;
  const grown = (of: (look: Look) => number): number => of(after) - of(before);
  const answers = Object.entries(after.answers).map(
    ([code, count]) => [code, count - (before.answers[code] ?? 0)] as const,
  );
  const sumOf = (which: (code: string) => boolean): number =>
    answers.reduce((sum, [code, count]) => (which(code) ? sum + count : sum), 0);
  const codes = (which: RegExp): string[] =>
    answers.filter(([code, count]) => which.test(code) && count > 0).map(([code]) => code);
  const refused = codes(/^40[13]$/);
  if (refused.length > 0) say("AlloyCredentialRefused", `Loki answers ${refused.join(" and ")}`);
  const others = codes(/^4(?!0[13]|29)\d\d$/);
  if (others.length > 0) say("AlloyLokiRefusesBatches", `Loki answers ${others.join(" and ")}`);
  if (isStuck(before, after))
    say("AlloyLokiNotTaking", `Loki takes nothing: ${heldIn(after)} lines are held, ${budgetLeft(after, facts)}`);
  const [failed, all] = [sumOf((code) => !/^2/.test(code)), sumOf(() => true)];
  if (all > 0 && failed / all > limits.errorRatio)
    say("AlloyLokiErrors", `${failed} of ${all} requests to Loki failed`);
  if (grown(({ dropped }) => dropped) > 0)
    say("AlloyLinesDropped", `${grown(({ dropped }) => dropped)} lines are lost`);
  const late = latenessBetween(before, after);
  if (late !== undefined && late > limits.lateSeconds) say("AlloyLinesLate", `lines are ${late} s old or less`);
  if (grown(({ discoveryFailures }) => discoveryFailures) > 0) say("AlloyDiscoveryFailing", "it could not list pods");
  const leftOut = (reason: string): number => grown((look) => look.leftOut[reason] ?? 0);
  if (leftOut("older_than_loki_window") > 0)
    say("AlloyLinesTooOld", `it left out ${leftOut("older_than_loki_window")} lines as too old`);
  if (leftOut("ratelimit_drop_stage") > 0)
    say("AlloyLinesRateLimited", `it left out ${leftOut("ratelimit_drop_stage")} lines above a namespace's limit`);
  if (grown(({ walFailures }) => walFailures) > 0) say("AlloyWalBroken", "it could not write its write-ahead log");
  const samples = grown(({ samplesFailed }) => samplesFailed);
  if (samples > limits.failedSamplesRatio * (samples + grown(({ samplesSent }) => samplesSent)))
    say("AlloyRemoteWriteFailing", `Prometheus refused ${samples} samples`);
}

/** Whether Loki takes nothing although there is something to send: it was tried again, or lines pile up. */
export function isStuck(before: Look, after: Look): boolean {
  if (after.startedAt !== before.startedAt || after.sent > before.sent || after.retries === 0) return false;
  return after.retries > before.retries || heldIn(after) > heldIn(before);
}

/**
 * Whether two looks are too close to each other: it has tried again at some time, and nothing has happened since. The
 * pause between two tries is 30 s at the longest.
 */
export const isUndecided = (before: Look, after: Look): boolean =>
  before.startedAt === after.startedAt && after.retries > 0 && after.sent === before.sent && !isStuck(before, after);

/**
 * When the collector begins to give lines up, at the earliest: each attempt since its start is taken for one of this
 * outage, and each pause for the shortest that it can be.
 */
export function budgetLeft({ retries }: Look, { settings, limits }: AlertFacts): string {
  const share = Math.max(0, 1 - retries / retriesWithin(settings.wal.outageBudget));
  const minutes = Math.floor((share * limits.budgetMs) / 60_000);
  return `the first are given up in ${minutes} minutes at the earliest (outage budget ${settings.wal.outageBudget})`;
}

export const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
