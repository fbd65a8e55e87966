import * as path from "node:path";

import { sandboxPaths, type SandboxPaths } from "../paths";
import { findProcess, runningProcess, startProcess, stopProcess, type ProcessRecord } from "../process/processes";
import { waitUntil } from "../process/waiting";
import type { Tools } from "../toolchain/ensure";
import { readAgentStatus } from "./agent-status";

const processName = "node-agent";

/** Starts the node agent in the background, where it does not run; returns when it follows the cluster's pods. */
export async function startNodeAgent(options: {
  paths?: SandboxPaths;
  tools: Pick<Tools, "alloy" | "bwrap">;
  log?: (text: string) => void;
}): Promise<ProcessRecord> {
  const paths = options.paths ?? sandboxPaths();
  let record = await runningProcess(processName, paths);
  if (record === undefined) {
    options.log?.("starting the node agent");
    record = await startProcess(
      {
        name: processName,
        command: process.execPath,
        args: [
          ...["--import", require.resolve("tsx"), path.join(__dirname, "main.ts")],
          ...["--root", paths.root, "--kubeconfig", paths.kubeconfig],
          ...["--bwrap", options.tools.bwrap.path, "--alloy", options.tools.alloy.path],
        ],
      },
      paths,
    );
  }
  const { pid } = record;
  const itsOwn = async (): Promise<boolean> => (await readAgentStatus(paths))?.pid === pid;
  await waitUntil("the node agent is up", itsOwn, { timeoutMs: 90_000, record });
  return record;
}

/**
 * Stops the agent and every container it runs: each gets SIGTERM and its pod's grace. After `graceMs` (60 s) the
 * agent is killed, and the containers with it.
 */
export async function stopNodeAgent(
  paths: SandboxPaths = sandboxPaths(),
  options: { graceMs?: number } = {},
): Promise<void> {
  const record = await findProcess(processName, paths);
  if (record !== undefined) await stopProcess(record, { graceMs: options.graceMs ?? 60_000 }, paths);
}
