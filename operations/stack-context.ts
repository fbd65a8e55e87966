import * as path from "node:path";

import type { ErrorPlace } from "../errors/explain-error";
import { ownerMarks } from "../kit/process-marks";
import { repoRoot } from "../kit/repo-root";
import { stackFile } from "../settings/parse-settings";
import type { Settings } from "../settings/schema";
import { KubernetesClient } from "./cluster/kubernetes-client";
import { collectorsInCluster, collectorsOfNodeAgent, type FindCollectors } from "./collectors/find";
import { checkStack, ownEngine, placeOf, type EngineCall } from "./engine/run";
import { openDoor } from "./sandbox-door";

/** One stack, with everything that belongs to it: resolved once, and handed on. */
export interface StackContext {
  stack: string;
  /** The folder of the stack's file and of Pulumi.yaml: the checkout, or the sandbox's while it has the stack. */
  folder: string;
  /** The folder of the stack's own file, also while the sandbox has the stack. */
  home: string;
  /** The stack's file as messages name it, `Pulumi.production.yaml`. */
  file: string;
  /** As the engine uses them: in the sandbox with its addresses. */
  settings: Settings;
  /** How the Pulumi CLI is called. */
  engine: EngineCall;
  /** The engine's environment on top of this process's own; it may hold secrets. */
  env: Record<string, string>;
  /** What explanations of errors name. */
  place: ErrorPlace;
  cluster: KubernetesClient;
  findCollectors: FindCollectors;
}

/**
 * Finds out what belongs to a stack. A sandbox that runs, or that was started with a cluster of the user's, has the
 * stack `local` for itself; every other stack is the user's own.
 *
 * @param stack as it was typed: `staging`, `org/staging` or `org/project/staging`; the engine gets it whole
 * @param env added to the engine's environment
 * @param home the folder of Pulumi.yaml and of the stack's own file
 * @throws UserError if the stack has no file, or its config is wrong: everything at once
 */
export async function resolveStack(
  stack: string,
  env: Record<string, string> = {},
  home: string = repoRoot,
): Promise<StackContext> {
  // The checkout's file comes first, also for the sandbox: its copy is made from it.
  const own = checkStack(stack, home);
  const door = await openDoor(stack);
  if (door === undefined) return contextOf(stack, home, home, own, { ...ownEngine(stack), env, cwd: home });
  const { engine, collectorsFile } = door;
  const folder = path.dirname(engine.configFile);
  const { pulumi, policyPack, configFile } = engine;
  const marked = { ...engine.env, ...(await ownerMarks(engine.root)), ...env };
  const context = contextOf(stack, folder, home, checkStack(stack, folder), {
    ...{ pulumi, policyPack, configFile, stack },
    env: marked,
  });
  return collectorsFile === undefined ? context : { ...context, findCollectors: collectorsOfNodeAgent(collectorsFile) };
}

function contextOf(stack: string, folder: string, home: string, settings: Settings, engine: EngineCall): StackContext {
  const cluster = KubernetesClient.forStack(settings, engine.env);
  return {
    ...{ stack, folder, home, settings, engine, cluster },
    file: stackFile(stack),
    env: engine.env,
    place: placeOf(stack, settings),
    findCollectors: collectorsInCluster(cluster, settings),
  };
}
