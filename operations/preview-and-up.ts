import { setTimeout as sleep } from "node:timers/promises";

import { refuseDrift } from "../terraform/parity";
import { outageSumText } from "../settings/outage-sum";
import { runEngine, type EngineOutput, type EngineResult } from "./engine/run";
import type { StackContext } from "./stack-context";
import { metricsWarning } from "./warnings/metrics";
import { checkServices } from "./warnings/missing-services";
import { monitorWarning } from "./warnings/pod-monitor";
import { linesSentAgainWarning } from "./warnings/lines-sent-again";

/** After a failed preview, this is how long the look at the cluster may still take: it may know the reason better. */
const patienceMs = 2_000;

/**
 * Preview or up of one stack, as the commands do it: the policy pack is always passed, what is known is explained, and a
 * warning says so if no Prometheus would read our PodMonitor.
 *
 * @throws UserError if Terraform says something else than the stack, or a Service is missing that the stack sends to
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
  if (result.exitCode === 0) warn([await monitorWarning(context)]);
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
  const looks = [monitorWarning(context).then((warning) => [warning]), logWarnings(context), metricsWarning(context)];
  return (await Promise.all(looks)).flat();
}

/** What a preview says of the promise that the settings make, and of what the change would send twice. */
async function logWarnings(context: StackContext): Promise<(string | undefined)[]> {
  const { logs, wal } = context.settings;
  return logs.enabled ? [outageSumText(wal), await linesSentAgainWarning(context)] : [];
}

function warn(warnings: readonly (string | undefined)[]): void {
  for (const warning of warnings) if (warning !== undefined) console.error(warning);
}
