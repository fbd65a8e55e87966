import * as path from "node:path";

import { containerLogFile, serveLogs } from "./cri-log";
import { writeJson } from "../../../kit/files";
import { KubeApi, type JsonObject } from "../servers/cluster/kube-api";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { findProcess, runningProcess, startProcess, stopProcess } from "../process/processes";
import { waitUntil } from "../process/waiting";
import { workloadObjects, workloadPods } from "./pods";
import { readWorkload, type WorkloadContainer, type WorkloadStatus } from "./workload-status";
import { runWriter } from "./writer";

const processName = "workload";

/**
 * Creates the workload's pods where they are missing and starts the process that writes their logs: `lines` lines
 * (no end where undefined) at `ratePerSecond`, all containers together. A writer that runs is stopped first; counts
 * and sequence numbers go on. Returns when it writes.
 */
export async function startWorkload(options: {
  paths?: SandboxPaths;
  lines?: number;
  ratePerSecond: number;
  log?: (text: string) => void;
}): Promise<WorkloadStatus> {
  const paths = options.paths ?? sandboxPaths();
  await stopWorkload(paths);
  const containers = await createWorkloadPods(paths);
  const list = path.join(paths.data, "workload-containers.json");
  await writeJson(list, containers);
  options.log?.(`writing ${options.lines ?? "endless"} lines, ${options.ratePerSecond} a second`);
  const record = await startProcess(
    {
      name: processName,
      command: process.execPath,
      args: [
        ...["--import", require.resolve("tsx"), path.join(__dirname, "main.ts")],
        ...["--root", paths.root, "--containers", list, "--rate", String(options.ratePerSecond)],
        ...(options.lines === undefined ? [] : ["--lines", String(options.lines)]),
      ],
    },
    paths,
  );
  let status: WorkloadStatus | undefined;
  await waitUntil(
    "the workload writes",
    async () => {
      status = await readWorkload(paths);
      return status?.pid === record.pid;
    },
    { timeoutMs: 90_000, record: { ...record, startTime: record.startTime } },
  );
  return status as WorkloadStatus; // read above, or waitUntil threw
}

/**
 * Has this very process write `lines` lines at `ratePerSecond`, after whoever wrote before. Returns when all are written:
 * for a few seconds' lines a process of its own would take longer to start than to write.
 */
export async function writeLines(options: {
  paths: SandboxPaths;
  lines: number;
  ratePerSecond: number;
}): Promise<WorkloadStatus> {
  await stopWorkload(options.paths);
  const containers = await createWorkloadPods(options.paths);
  return runWriter({ ...options, containers, signal: new AbortController().signal });
}

/** Waits until the running writer has written all that it was asked for. */
export async function waitForWorkload(paths: SandboxPaths, timeoutMs: number): Promise<WorkloadStatus> {
  let status: WorkloadStatus | undefined;
  await waitUntil(
    "all lines are written",
    async () => {
      status = await readWorkload(paths);
      return status?.finished === true || `${status?.done ?? 0} of ${status?.asked ?? "endless"}`;
    },
    { timeoutMs },
  );
  return status as WorkloadStatus; // read above, or waitUntil threw
}

/** Stops the writer; its pods and their logs stay. */
export async function stopWorkload(paths: SandboxPaths = sandboxPaths()): Promise<void> {
  const record = (await runningProcess(processName, paths)) ?? (await findProcess(processName, paths));
  if (record !== undefined) await stopProcess(record, { graceMs: 10_000 }, paths);
}

/** Creates the workload's pods where they are missing, and the files that the API server serves as their logs. */
export async function createWorkloadPods(paths: SandboxPaths): Promise<WorkloadContainer[]> {
  const api = KubeApi.fromFile(paths.kubeconfig);
  try {
    const { namespaces, pods } = workloadObjects();
    await Promise.all(namespaces.map((namespace) => api.apply(namespace)));
    const perPod = await Promise.all(
      workloadPods.map(async (pod, index) => {
        const object = pods[index] as JsonObject; // one a pod, in the same order
        let uid = "";
        // Admission wants the namespace's default ServiceAccount, which a controller makes a moment later.
        await waitUntil(`pod ${pod.namespace}/${pod.name}`, async () => (uid = await applyPod(api, object)) !== "", {
          timeoutMs: 90_000,
        });
        const files = Object.fromEntries(
          pod.containers.map((container) => [container, containerLogFile(paths, { ...pod, uid }, container)]),
        );
        await serveLogs(api, { ...pod, uid }, files);
        return Object.entries(files).map(([container, file]): WorkloadContainer => {
          const { namespace, name, node } = pod;
          return { namespace, pod: name, container, node, file, written: 0 };
        });
      }),
    );
    return perPod.flat();
  } finally {
    api.close();
  }
}

async function applyPod(api: KubeApi, object: JsonObject): Promise<string> {
  const applied = await api.apply(object);
  return applied.metadata?.uid ?? "";
}
