import { refuseDrift } from "../terraform/parity";
import { manyContainersWarning, outageMemoryText } from "../settings/outage-memory";
import { outageSumText } from "../settings/outage-sum";
import { runEngine, type EngineOutput, type EngineResult } from "./engine/run";
import type { StackContext } from "./stack-context";
import { alertsWarning } from "./warnings/alerts";
import { tenantsWarning } from "./warnings/loki-tenants";
import { metricsWarning } from "./warnings/metrics";
import { checkServices } from "./warnings/missing-services";
import { nodeWarning } from "./warnings/nodes";
import { monitorWarning } from "./warnings/pod-monitor";
import { linesSentAgainWarning } from "./warnings/lines-sent-again";

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
  await checkServices(context);
  // A preview changes nothing, so it is looked while the engine works. After an update the cluster may say otherwise.
  const early = command === "preview" ? warningsOf(context, command) : undefined;
  // If the engine fails, nobody awaits this, and its own failure is nobody's concern.
  early?.catch(() => undefined);
  const result = await runEngine(context.engine, command, flags, context.place, { show });
  if (result.exitCode !== 0) return result;
  for (const warning of await (early ?? warningsOf(context, command))) console.error(warning);
  return result;
}

/** What our commands add to what the engine says: each is asked of the cluster at the same time. */
async function warningsOf(context: StackContext, command: "preview" | "up"): Promise<string[]> {
  const looks: Promise<(string | undefined)[]>[] = [Promise.all([monitorWarning(context), alertsWarning(context)])];
  if (command === "preview")
    looks.push(
      logWarnings(context),
      metricsWarning(context),
      nodeWarning(context),
      Promise.all([tenantsWarning(context)]),
    );
  return (await Promise.all(looks)).flat().filter((warning) => warning !== undefined);
}

/** What a preview says of the promise that the settings make, and of what the change would send twice. */
async function logWarnings(context: StackContext): Promise<(string | undefined)[]> {
  const { logs, wal, resources } = context.settings;
  if (!logs.enabled) return [];
  return [
    outageSumText(wal),
    outageMemoryText({ ...wal, memoryLimit: resources.limits.memory }),
    manyContainersWarning(wal.load.containers),
    await linesSentAgainWarning(context),
  ];
}
