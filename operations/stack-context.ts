import * as path from "node:path";

import { sandboxStack } from "../packages/sandbox/engine/engine";
import { loadEngine } from "../packages/sandbox/start/lifecycle";
import { ownerMarks } from "../packages/sandbox/process/owner-marks";
import { sandboxPaths } from "../packages/sandbox/paths";
import { listProcesses } from "../packages/sandbox/process/processes";
import { readTarget } from "../packages/sandbox/own-cluster/chosen-cluster";
import { stackFile } from "../settings/parse-settings";
import { outageSumText } from "../settings/outage-sum";
import type { Settings } from "../settings/schema";
import { clusterReader, sandboxReader, type ReadCollectors } from "./collectors/reader";
import { checkStack, ownEngine, placeOf, runEngine, type EngineCall } from "./engine/run";
import { metricsWarning } from "./warnings/metrics";
import { checkServices } from "./warnings/missing-services";
import { monitorWarning } from "./warnings/pod-monitor";
import { reIngestWarning } from "./warnings/lines-sent-again";
import { refuseDrift } from "../terraform/parity";

/** How a preview or an update ended, and what the next step needs of it. */
export interface StackRun {
  /** The engine's. */
  exitCode: number;
  output: string;
  /** As the engine used them: in the sandbox with its addresses. */
  settings: Settings;
  /** The stack's file, for messages. */
  file: string;
  readCollectors: ReadCollectors;
  /** The engine's environment: which kubeconfig it was. */
  env: Record<string, string>;
}

/**
 * Preview or up of one stack, as the commands and `npm start` do it: the stack's file is checked first, the policy pack
 * is always passed, what is known is explained, and where no Prometheus would read our PodMonitor a warning says so.
 *
 * @param env added to the engine's environment
 */
export async function runStackCommand(
  command: "preview" | "up",
  stack: string,
  flags: readonly string[],
  env: Record<string, string> = {},
): Promise<StackRun> {
  const settings = checkStack(stack);
  await refuseDrift(stack, settings);
  const engine = await engineFor(stack);
  const call = { ...engine, env: { ...engine.env, ...env } };
  // The sandbox's copy of the file has its own addresses: messages name those.
  const used = call.configFile === undefined ? settings : checkStack(stack, path.dirname(call.configFile));
  await checkServices(used, call.env, placeOf(stack, used).stackFile);
  const { exitCode, output } = await runEngine(call, command, flags, placeOf(stack, used));
  if (exitCode === 0) await warnOfMonitor(settings, call.env);
  if (exitCode === 0 && command === "preview") {
    await tellOfLogs(used, call.env);
    for (const warning of await metricsWarning(used, call.env)) console.error(warning);
  }
  return {
    exitCode,
    output,
    settings: used,
    file: stackFile(stack),
    env: call.env,
    readCollectors: collectorsOf(call, used),
  };
}

/** How the collectors of a stack are asked: in the sandbox each has a port of this machine. */
export function collectorsOf(call: EngineCall, settings: Settings): ReadCollectors {
  return call.configFile !== undefined ? sandboxReader(sandboxPaths()) : clusterReader(settings, call.env);
}

/**
 * The sandbox's engine for its own stack while it runs, else the user's own. One whose API server has crashed runs still:
 * its stack must not go to whatever cluster the user's own environment names.
 */
export async function engineFor(stack: string): Promise<EngineCall> {
  const paths = sandboxPaths();
  const engine = stack === sandboxStack ? await loadEngine(paths) : undefined;
  // With a cluster of the user's there may be no server of ours to run.
  const ownCluster = (await readTarget(paths))?.context !== undefined;
  const stopped = (await listProcesses(paths)).length === 0 && !ownCluster;
  if (engine === undefined || stopped) return ownEngine(stack);
  const { pulumi, policyPack, configFile } = engine;
  const env = { ...engine.env, ...(await ownerMarks(paths.root)) };
  return { pulumi, env, stack, policyPack, configFile };
}

/** What a preview says of the promise that the settings make, and of what the change would send twice. */
async function tellOfLogs(settings: Settings, env: Record<string, string>): Promise<void> {
  if (!settings.logs.enabled) return;
  console.error(outageSumText(settings.wal));
  const warning = await reIngestWarning(settings, env);
  if (warning !== undefined) console.error(warning);
}

async function warnOfMonitor(settings: Settings, env: Record<string, string>): Promise<void> {
  const warning = await monitorWarning(settings, env);
  if (warning !== undefined) console.error(warning);
}
