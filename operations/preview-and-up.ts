import { setTimeout as sleep } from "node:timers/promises";

import { refuseDrift } from "../terraform/parity";
import { manyContainersWarning, outageMemoryText } from "../settings/outage-memory";
import { outageSumText } from "../settings/outage-sum";
import { runEngine, type EngineOutput, type EngineResult } from "./engine/run";
import { admissionWarnings } from "./admission/look";
import { whatWouldMatch } from "./matching/what-would-match";
import type { StackContext } from "./stack-context";
import { alertsWarning } from "./warnings/alerts";
import { tenantsWarning } from "./warnings/loki-tenants";
import { validatePipeline } from "./validation/validate-pipeline";
import { metricsWarning } from "./warnings/metrics";
import { checkServices } from "./warnings/missing-services";
import { nodeWarning } from "./warnings/nodes";
import { monitorWarning } from "./warnings/pod-monitor";
import { linesSentAgainWarning } from "./warnings/lines-sent-again";
import { pushPathWarnings } from "./warnings/push-path";
import { sidecarWarnings } from "./warnings/sidecars";
import { warningsOfSections } from "./warnings/sections";

/** After a failed preview, this is how long the look at the cluster may still take: it may know the reason better. */
const patienceMs = 2_000;

/**
 * Preview or up of one stack, as the commands do it: the policy pack is always passed, what is known is explained, and a
 * warning says so if no Prometheus would read our PodMonitor.
 *
 * @throws UserError if Terraform says something else than the stack, a Service is missing that the stack sends to, or the
 *   cluster would admit no pod of the collectors
 */
export async function previewOrUp(
  context: StackContext,
  command: "preview" | "up",
  flags: readonly string[],
  show: EngineOutput = "terminal",
): Promise<EngineResult> {
  await refuseDrift(context.stack, context.settings, context.home);
  const run = (): Promise<EngineResult> => runEngine(context.engine, command, flags, context.place, { show });
  if (command === "preview") return previewBesideLooks(context, run);
  // An update changes things at once: whatever is wrong has to be known before it begins.
  await checkServices(context);
  const result = await run();
  if (result.exitCode === 0) warn(await warningsOfMonitoring(context));
  return result;
}

/**
 * A preview changes nothing, so the cluster is looked at while the engine works. What the look finds is said behind the
 * engine's own words.
 */
async function previewBesideLooks(context: StackContext, run: () => Promise<EngineResult>): Promise<EngineResult> {
  const services = checkServices(context);
  const warnings = warningsOfPreview(context);
  // If the engine fails, nobody awaits them, and their own failure is nobody's concern.
  for (const look of [services, warnings]) look.catch(() => undefined);
  const running = run();
  const succeeded = await running.then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
  if (!succeeded) {
    // Of a Service that is missing the engine says only that it does not exist. The look says what was meant.
    const patience = sleep(patienceMs, undefined, { ref: false });
    await Promise.race([services, patience]).finally(() => context.cluster.abandonRequests());
    return running;
  }
  await services;
  warn(await warnings);
  return running;
}

/** What our command adds to what the engine says of a preview: each is asked of the cluster at the same time. */
async function warningsOfPreview(context: StackContext): Promise<(string | undefined)[]> {
  const { settings } = context;
  const looks: Promise<(string | undefined)[]>[] = [
    warningsOfMonitoring(context),
    whatWouldMatch(context),
    logWarnings(context),
    metricsWarning(context),
    nodeWarning(context),
    validatePipeline(settings),
    admissionWarnings(context),
    tenantsWarning(context).then((warning) => [warning]),
    Promise.resolve([...pushPathWarnings(settings), ...warningsOfSections(settings)]),
  ];
  return (await Promise.all(looks)).flat();
}

/** Whether anybody reads what watches the collectors. */
const warningsOfMonitoring = async (context: StackContext): Promise<(string | undefined)[]> => {
  const [others, ...own] = await Promise.all([
    sidecarWarnings(context),
    monitorWarning(context),
    alertsWarning(context),
  ]);
  return [...own, ...others];
};

/** What a preview says of the promise that the settings make, and of what the change would send twice. */
async function logWarnings(context: StackContext): Promise<(string | undefined)[]> {
  const { logs, wal, resources } = context.settings;
  if (!logs.enabled) return [];
  return [
    outageSumText(wal),
    outageMemoryText({ ...wal, memoryLimit: resources.limits.memory, source: logs.source }),
    manyContainersWarning(wal.load.containers, logs.source),
    await linesSentAgainWarning(context),
  ];
}

function warn(warnings: readonly (string | undefined)[]): void {
  for (const warning of warnings) if (warning !== undefined) console.error(warning);
}
