import * as os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { stopSandbox } from "./lifecycle";
import { endOrphans } from "../process/orphans";
import type { SandboxPaths } from "../paths";
import { listProcesses, refuseStarts, type ProcessRecord } from "../process/processes";

/**
 * Until it is disposed of: Ctrl-C, SIGTERM and SIGHUP stop what this run has started, and nothing that ran before, and
 * then end it with the exit code that shells expect.
 *
 * @param before the processes that ran when this run began
 * @param cancel ends what has no process of the sandbox, such as a build
 */
export function stopOnInterrupt(
  paths: SandboxPaths,
  before: readonly ProcessRecord[],
  cancel: () => void,
): { dispose: () => void } {
  const earlier = new Set(before.map(identity));
  const stop = async (): Promise<void> => {
    cancel();
    refuseStarts();
    // What was being started at that moment is recorded a moment later: look until there is nothing twice in a row.
    for (let quiet = 0; quiet < 2; await sleep(250)) {
      const stopped = await stopSandbox(paths, (record) => !earlier.has(identity(record)));
      quiet = stopped.length === 0 ? quiet + 1 : 0;
    }
    const records = await listProcesses(paths);
    const kept = records.filter((record) => earlier.has(identity(record))).map(({ pid }) => pid);
    await endOrphans(paths.root, kept, true);
  };
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    // npm hands on what the terminal has sent already.
    if (stopping) return;
    stopping = true;
    console.error(`\n${signal}: stopping what this run has started…`);
    void stop().then(
      () => process.exit(128 + os.constants.signals[signal]),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    dispose: () => {
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
  };
}

/**
 * Keeps the failure of a piece of work to itself once the person has stopped it: a server that was stopped under the
 * work is no fault of that server. {@link stopOnInterrupt} ends the process, so the returned promise never settles then.
 *
 * @param signal aborted as soon as the run is being stopped
 */
export async function silentOnceStopped<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) await new Promise(() => undefined);
    throw error;
  }
}

function identity({ pid, startTime }: ProcessRecord): string {
  return `${pid} ${startTime}`;
}
