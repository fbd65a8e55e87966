import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../../kit/user-error";
import type { ClusterPorts } from "./config";
import { readText } from "../../../../kit/files";
import { cleanEnvironment } from "../../process/clean-environment";
import { remedyFor } from "../../process/log-remedies";
import { ownerMarks, startTimeOf } from "../../../../kit/process-marks";
import type { SandboxPaths } from "../../paths";
import { freePort } from "../../process/ports";
import { isRunning, lastLines, listProcesses, recordProcess, unlessRefused } from "../../process/processes";
import type { Tools } from "../../toolchain/ensure";
import { quoted } from "../../process/waiting";

const clusterName = "alloy-sandbox";
/** Names of the process records: `cluster-etcd`, `cluster-kube-apiserver`, … */
export const recordPrefix = "cluster-";
const clusterComponents = ["kwok-controller", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"];

/** Where the parts of one cluster lie. */
export interface ClusterPlace {
  /** kwokctl's home. */
  folder: string;
  /** kwokctl's folder of this cluster: its configuration, certificates, etcd data, pid files, logs. */
  home: string;
  /** There once nodes and CRDs were applied. */
  created: string;
  config: string;
  /** What the API server's admission plugins are told. */
  admission: string;
}

/** Where the cluster of this sandbox lies. */
export function clusterPlace(paths: SandboxPaths): ClusterPlace {
  const folder = path.join(paths.data, "cluster");
  return {
    folder,
    home: path.join(folder, "clusters", clusterName),
    created: path.join(folder, "created"),
    config: path.join(folder, "kwok.yaml"),
    admission: path.join(folder, "admission.yaml"),
  };
}

/**
 * Runs one command of kwokctl on the sandbox's cluster, its output in `<root>/logs/kwokctl.log`. A failure is a UserError
 * with the end of that log.
 */
export async function kwokctl(paths: SandboxPaths, tools: Pick<Tools, "kwokctl">, args: string[]): Promise<void> {
  const place = clusterPlace(paths);
  const log = path.join(paths.logs, "kwokctl.log");
  await fs.mkdir(paths.logs, { recursive: true });
  const output = await fs.open(log, "w");
  // Components are its children and live on: its end is waited for ("exit"), not that of the pipes they inherit.
  const child = spawn(tools.kwokctl.path, ["--name", clusterName, ...args], {
    env: { ...cleanEnvironment(), KWOK_WORKDIR: place.folder, ...(await ownerMarks(paths.root)) },
    stdio: ["ignore", output.fd, output.fd],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const exitCode = await unlessRefused(
    () => child.kill("SIGKILL"),
    () => ended,
  ).finally(() => output.close());
  if (exitCode === 0) return;
  const lines = await lastLines({ log });
  const failed = await wordsOfTheEnded(paths);
  throw UserError.of(
    log,
    "",
    [`kwokctl ${args.slice(0, 2).join(" ")} failed. Its last lines:`, quoted(lines), ...failed].join("\n"),
    remedyFor([...lines, ...failed]),
  );
}

/** kwokctl only says that it waited: the last words of the components that have ended say for what. */
async function wordsOfTheEnded(paths: SandboxPaths): Promise<string[]> {
  const { home } = clusterPlace(paths);
  const found = await Promise.all(
    clusterComponents.map(async (component) => {
      const log = path.join(home, "logs", `${component}.log`);
      const pid = Number(await readText(path.join(home, "pids", `${component}.pid`)));
      if (!(await exists(log)) || (await startTimeOf(pid)) !== undefined) return [];
      return [`    ${component} has ended. The end of ${log}:\n${quoted(await lastLines({ log }, 5))}`];
    }),
  );
  return found.flat();
}

/** Records what runs of the cluster, by kwokctl's pid files, and gives the names of the components it knows. */
export async function recordComponents(paths: SandboxPaths): Promise<string[]> {
  const place = clusterPlace(paths);
  const known = new Map((await listProcesses(paths)).map((record) => [record.name, record]));
  const components: string[] = [];
  for (const file of await fs.readdir(path.join(place.home, "pids")).catch(() => [])) {
    const component = path.basename(file, ".pid");
    const pid = Number(await readText(path.join(place.home, "pids", file)));
    const commandLine = (await readText(`/proc/${pid}/cmdline`).catch(() => undefined))?.split("\0") ?? [];
    // The pid may belong to another program after a reboot: a component of ours names the cluster's folder.
    if (!commandLine.some((argument) => argument.includes(place.home))) continue;
    components.push(component);
    const before = known.get(`${recordPrefix}${component}`);
    if (before?.pid === pid && (await isRunning(before))) continue;
    const [command = component, ...args] = commandLine.filter((argument) => argument !== "");
    const log = path.join(place.home, "logs", `${component}.log`);
    await recordProcess({ name: `${recordPrefix}${component}`, pid, command, args, log }, paths);
  }
  return components;
}

/** The cluster was made to its end: nodes and kinds were applied. */
export async function isCreated(paths: SandboxPaths): Promise<boolean> {
  return exists(clusterPlace(paths).created);
}

/**
 * The cluster was made to its end, every component has its pid file, and every recorded one runs. Of one whose creation
 * was interrupted all components may run, while kwokctl had not come to its own kinds.
 */
export async function allRun(components: string[], paths: SandboxPaths): Promise<boolean> {
  if (!(await isCreated(paths))) return false;
  const records = (await listProcesses(paths)).filter((record) => record.name.startsWith(recordPrefix));
  const running = await Promise.all(records.map((record) => isRunning(record)));
  return clusterComponents.every((name) => components.includes(name)) && running.every((runs) => runs);
}

/** Removes the pid files: kwokctl would take another program with such a pid, or a zombie, for its own. */
export async function removePidFiles(paths: SandboxPaths): Promise<void> {
  await fs.rm(path.join(clusterPlace(paths).home, "pids"), { recursive: true, force: true });
  if (await exists(clusterPlace(paths).home)) await fs.mkdir(path.join(clusterPlace(paths).home, "pids"));
}

/** True where a file or folder is. */
export async function exists(file: string): Promise<boolean> {
  return (await fs.stat(file).catch(() => undefined)) !== undefined;
}

/** The ports of all components, kept over restarts. */
export async function settlePorts(paths: SandboxPaths): Promise<ClusterPorts> {
  // One after the other: each choice must see the one before.
  const port = (name: string): Promise<number> => freePort(`${recordPrefix}${name}`, paths);
  return {
    kubeApiserverPort: await port("kube-apiserver"),
    etcdPort: await port("etcd"),
    etcdPeerPort: await port("etcd-peer"),
    kubeControllerManagerPort: await port("kube-controller-manager"),
    kubeSchedulerPort: await port("kube-scheduler"),
    kwokControllerPort: await port("kwok-controller"),
  };
}
