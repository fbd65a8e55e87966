import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";

import { startCluster } from "../../packages/sandbox/servers/cluster/cluster";
import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { writeAtomically, writeJson } from "../../kit/files";
import { KubeApi } from "../../packages/sandbox/servers/cluster/kube-api";
import { clusterPlace, recordPrefix } from "../../packages/sandbox/servers/cluster/kwokctl";
import { stopSandbox } from "../../packages/sandbox/start/lifecycle";
import { startLoki, stopLoki, type Loki } from "../../packages/sandbox/servers/loki";
import { readAgentStatus } from "../../packages/sandbox/node-agent/agent-status";
import { startNodeAgent } from "../../packages/sandbox/node-agent/start";
import { sandboxPaths, sandboxRoot, type SandboxPaths } from "../../packages/sandbox/paths";
import { freePort } from "../../packages/sandbox/process/ports";
import {
  findProcess,
  isRunning,
  listProcesses,
  startProcess,
  stopProcess,
  type ProcessRecord,
} from "../../packages/sandbox/process/processes";
import { ensureTools, type Tools } from "../../packages/sandbox/toolchain/ensure";
import { waitUntil } from "../../packages/sandbox/process/waiting";

const tools = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "etcd",
  "kwok",
  "kwokctl",
  "alloy",
  "loki",
  "bwrap",
  "prometheus-operator-crds",
  "kwok-stages",
] as const;

/** What the matrix runs on: a cluster, a Loki and the node agent, without engine, Vault and Prometheus. */
export interface Platform {
  paths: SandboxPaths;
  api: KubeApi;
  loki: Loki;
  /** Port of the gate in front of Loki. */
  gatePort: number;
  alloyVersion: string;
}

/** Each lane of the bench has a sandbox of its own, so that it disturbs no other and none that somebody works in. */
export const lanePaths = (lane: number): SandboxPaths =>
  sandboxPaths(path.join(sandboxRoot(), `bench-delivery-${lane}`));

/** Where the results of all lanes lie. */
export const resultsFolder = (): string => path.join(sandboxRoot(), "bench-delivery");

/** Starts everything; `window` is how far behind Loki takes a line. */
export async function startPlatform(
  paths: SandboxPaths,
  window: "1h" | "1m",
  log: (text: string) => void,
): Promise<Platform> {
  const found = await ensureTools(tools, (tool, text) => log(`${tool}: ${text}`));
  await fs.mkdir(paths.data, { recursive: true });
  await writeLimits(paths, {});
  const [, loki] = await Promise.all([
    startCluster({ paths, tools: found, log }),
    startBenchLoki(paths, found, window, log),
  ]);
  await startNodeAgent({ paths, tools: found, log });
  const gatePort = await freePort("gate", paths);
  return { paths, api: KubeApi.fromFile(paths.kubeconfig), loki, gatePort, alloyVersion: found.alloy.version };
}

/** Stops everything; the data stays until the next start of a run clears it. */
export async function stopPlatform({ api, paths }: Pick<Platform, "api" | "paths">): Promise<void> {
  api.close();
  await stopSandbox(paths);
}

const large = 256 * 2 ** 20;

async function startBenchLoki(
  paths: SandboxPaths,
  found: Tools,
  window: "1h" | "1m",
  log: (text: string) => void,
): Promise<Loki> {
  const noteFile = path.join(paths.data, "loki-window");
  const before = await fs.readFile(noteFile, "utf8").catch(() => ""); // none at the first start
  if (before !== window) await stopLoki(paths);
  await writeAtomically(noteFile, window);
  return startLoki({
    paths,
    tools: found,
    log,
    adjust: (config) => ({
      ...config,
      ...(window === "1m" && { ingester: { ...(config["ingester"] as object), max_chunk_age: "2m" } }),
      // Read back are whole runs at once.
      server: {
        ...(config["server"] as object),
        grpc_server_max_recv_msg_size: large,
        grpc_server_max_send_msg_size: large,
      },
      runtime_config: { file: limitsFile(paths), period: "1s" },
    }),
  });
}

const limitsFile = (paths: SandboxPaths): string => path.join(paths.data, "loki-limits.yaml");

/** Limits by tenant; Loki reads them anew each second. JSON is YAML. */
export async function writeLimits(paths: SandboxPaths, overrides: Record<string, unknown>): Promise<void> {
  await writeJson(limitsFile(paths), { overrides });
}

/** Kills the API server; the function that it gives starts it again as it was. */
export async function stopApiServer(paths: SandboxPaths): Promise<() => Promise<void>> {
  const record = await findProcess(`${recordPrefix}kube-apiserver`, paths);
  if (record === undefined) throw new Error("the API server is not recorded");
  await stopProcess(record, { graceMs: 0 }, paths);
  return () => startComponent(paths, record);
}

/**
 * Starts what of the cluster has ended. A controller manager and a scheduler end themselves when the API server is away
 * for longer than their lease lasts, and here nobody else starts them again.
 */
export async function reviveCluster(paths: SandboxPaths): Promise<string[]> {
  const records = (await listProcesses(paths)).filter(({ name }) => name.startsWith(recordPrefix));
  const ended: string[] = [];
  for (const record of records) {
    if (await isRunning(record)) continue;
    await startComponent(paths, record);
    ended.push(record.name);
  }
  return ended;
}

async function startComponent(paths: SandboxPaths, { name, command, args }: ProcessRecord): Promise<void> {
  const next = await startProcess({ name, command, args }, paths);
  const pidFile = `${name.slice(recordPrefix.length)}.pid`;
  await writeAtomically(path.join(clusterPlace(paths).home, "pids", pidFile), `${next.pid}\n`);
}

const hostFolder = (paths: SandboxPaths, node: string): string => path.join(paths.nodes, node, "host");
const walFolder = (paths: SandboxPaths, node: string): string => path.join(hostFolder(paths, node), "var/lib/alloy");

/** Takes away what a run left on the nodes: positions, write-ahead logs, container logs. */
export async function clearNodes(paths: SandboxPaths): Promise<void> {
  for (const node of nodeNames) {
    await run("umount", [walFolder(paths, node)]).catch(() => undefined); // nothing is mounted most of the time
    // The node agent may still put away what a pod had.
    await fs.rm(path.join(paths.nodes, node), { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
  }
}

/** Puts a file system of that size below a node's WAL directory. Needs root and the right to mount. */
export async function limitDisk(paths: SandboxPaths, node: string, size: string): Promise<void> {
  const folder = walFolder(paths, node);
  await fs.mkdir(folder, { recursive: true, mode: 0o755 });
  await run("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0755`, "tmpfs", folder]);
}

const filler = "filled-by-the-bench";

/** Leaves nothing free on the file system of {@link limitDisk}. */
export async function fillDisk(paths: SandboxPaths, node: string): Promise<void> {
  const name = path.join(walFolder(paths, node), filler);
  const { bavail, bsize } = await fs.statfs(walFolder(paths, node));
  // At once: written piece by piece, a busy machine takes longer than the cell lasts.
  await run("fallocate", ["-l", String(bavail * bsize), name]).catch(() => undefined); // the collector was faster
  const file = await fs.open(name, "a");
  try {
    const piece = Buffer.alloc(4096);
    while (await file.write(piece).then(({ bytesWritten }) => bytesWritten === piece.length, isFull));
  } finally {
    await file.close();
  }
}

function isFull(error: unknown): false {
  if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
  throw error;
}

/** How many bytes lie in the nodes' WAL directories. */
export async function walBytes(paths: SandboxPaths): Promise<number> {
  const sizes = await Promise.all(
    nodeNames.map(async (node) => {
      const { stdout } = await run("du", ["-sb", `--exclude=${filler}`, walFolder(paths, node)]).catch(() => ({
        stdout: "0",
      })); // not there yet
      return Number(stdout.split(/\s/)[0]);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const run = promisify(execFile);

/** Waits until each node has a collector that is ready, other than those with the uids in `not`. */
export async function collectorsUp(paths: SandboxPaths, not: ReadonlySet<string> = new Set()): Promise<void> {
  await waitUntil(
    "a collector is ready on every node",
    async () => {
      const pods = (await readAgentStatus(paths))?.pods ?? [];
      const ready = new Set(pods.filter(({ ready, uid }) => ready && !not.has(uid)).map(({ node }) => node));
      return ready.size === nodeNames.length || `ready on ${[...ready].join(", ") || "none"}`;
    },
    { timeoutMs: 180_000, intervalMs: 250 },
  );
}
