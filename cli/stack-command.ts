import { loadEngine } from "../sandbox/lifecycle";
import { sandboxPaths } from "../sandbox/paths";
import { runningProcess } from "../sandbox/processes";
import { sandboxStack } from "../sandbox/engine";
import type { Settings } from "../settings/schema";
import { checkStack, ownEngine, placeOf, runEngine, type EngineCall } from "./engine-run";
import { monitorWarning } from "./monitor-warning";

/**
 * Preview or up of one stack, as the commands and `npm start` do it: the stack's file is checked first, the policy pack
 * is always passed, what is known is explained, and where no Prometheus would read our PodMonitor a warning says so.
 *
 * @returns the exit code of the engine
 */
export async function runStackCommand(
  command: "preview" | "up",
  stack: string,
  flags: readonly string[],
): Promise<number> {
  const settings = checkStack(stack);
  const call = await engineFor(stack);
  const { exitCode } = await runEngine(call, command, flags, placeOf(stack, settings));
  if (exitCode === 0) await warnOfMonitor(settings, call.env);
  return exitCode;
}

/** The sandbox's engine for its own stack while it runs, else the user's own. */
async function engineFor(stack: string): Promise<EngineCall> {
  const paths = sandboxPaths();
  const engine = stack === sandboxStack ? await loadEngine(paths) : undefined;
  const apiServer = await runningProcess("cluster-kube-apiserver", paths);
  if (engine === undefined || apiServer === undefined) return ownEngine(stack);
  const { pulumi, env, policyPack, configFile } = engine;
  return { pulumi, env, stack, policyPack, configFile };
}

async function warnOfMonitor(settings: Settings, env: Record<string, string>): Promise<void> {
  const warning = await monitorWarning(settings, env);
  if (warning !== undefined) console.error(warning);
}
