import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parseAllDocuments, stringify } from "yaml";

import { UserError } from "../settings/errors";
import { kwokctlConfig, stages, type ClusterPorts, type clusterTools } from "./cluster-config";
import { dropLeases, dropLeasesAtStop, isEstablished, isReady, nodesReady } from "./cluster-health";
import { nodeNames, nodeObjects } from "./cluster-nodes";
import { readText, writeAtomically } from "./files";
import { KubeApi, type JsonObject } from "./kube-api";
import { sandboxPaths, type SandboxPaths } from "./paths";
import {
  freePort,
  isRunning,
  listProcesses,
  recordProcess,
  stopProcess,
  unlessRefused,
  waitUntil,
  type ProcessRecord,
} from "./processes";
import type { Tools } from "./toolchain/ensure";

export { clusterTools } from "./cluster-config";

const clusterName = "alloy-sandbox";
/** The only context of the sandbox's kubeconfig. */
export const clusterContext = "alloy-sandbox";
/** Names of the process records: `cluster-etcd`, `cluster-kube-apiserver`, … */
const recordPrefix = "cluster-";
/** In the order in which they may end: the API server outlives its clients, etcd the API server. */
const stopOrder = ["kwok-controller", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"];
/** Custom resource definitions that a cluster with the Prometheus Operator has. */
const operatorCrds = ["podmonitors", "servicemonitors", "prometheusrules", "prometheuses"];

type ClusterTools = Pick<Tools, (typeof clusterTools)[number]>;

/** A running cluster. */
export interface Cluster {
  kubeconfig: string;
  context: string;
  /** `https://127.0.0.1:PORT`. */
  server: string;
  /** The API server's version, `v1.37.2`. */
  version: string;
  nodes: readonly string[];
}

/**
 * A Kubernetes cluster of real etcd, API server, controller manager and scheduler, with kwok for the nodes, on
 * 127.0.0.1 alone and with its data in the sandbox. Creates it, starts it again after a stop, and only looks at it
 * where it runs.
 */
export async function startCluster(options: {
  paths?: SandboxPaths;
  tools: ClusterTools;
  log?: (text: string) => void;
}): Promise<Cluster> {
  const paths = options.paths ?? sandboxPaths();
  const log = options.log ?? (() => undefined);
  const place = placeOf(paths);
  const components = await recordComponents(paths);
  const begin = new Date();
  const runs = await allRun(components, paths);
  if (!runs) {
    await fs.mkdir(place.folder, { recursive: true });
    // Where only a part runs, kwokctl's waiting does not end well: begin from a full stop.
    await stopCluster(paths);
    const created = (await readText(place.created)) !== undefined;
    if (!created) await removeUnfinished(paths, options.tools);
    const settled = await settlePorts(paths);
    // What has been started must be found by `sandbox:down`, also after Ctrl-C in the middle of it.
    const recording = setInterval(() => void recordComponents(paths).catch(() => undefined), 250); // again below
    try {
      if (created) {
        log("starting the cluster again");
        await kwokctl(paths, options.tools, ["start", "cluster", "--wait", "60s"]);
      } else {
        log("creating the cluster");
        await createCluster(paths, options.tools, settled);
      }
    } finally {
      clearInterval(recording);
      await recordComponents(paths);
    }
  }
  await writeKubeconfig(paths);
  const api = KubeApi.fromFile(paths.kubeconfig);
  try {
    const apiserver = (await listProcesses(paths)).find((record) => record.name === `${recordPrefix}kube-apiserver`);
    await waitUntil("the API server is ready", () => isReady(api), { timeoutMs: 60_000, record: apiserver });
    if (!runs) await dropLeases(api, begin);
    if ((await readText(place.created)) === undefined) {
      log("applying nodes and custom resource definitions");
      await applyBasics(api, options.tools);
      await writeAtomically(place.created, `${new Date().toISOString()}\n`);
    }
    await waitUntil("the nodes are ready", () => nodesReady(api, runs ? new Date(0) : begin), { timeoutMs: 60_000 });
    const version = await api.request<{ gitVersion: string }>("GET", "/version");
    return {
      kubeconfig: paths.kubeconfig,
      context: clusterContext,
      server: api.server,
      version: version.gitVersion,
      nodes: nodeNames,
    };
  } finally {
    api.close();
  }
}

/** Stops every component of the cluster; etcd's data stays. Needs no tool, so that it works in any state. */
export async function stopCluster(paths: SandboxPaths = sandboxPaths()): Promise<void> {
  await recordComponents(paths);
  const records = (await listProcesses(paths)).filter((record) => record.name.startsWith(recordPrefix));
  const rank = (record: ProcessRecord): number => stopOrder.indexOf(record.name.slice(recordPrefix.length));
  for (const record of records.sort((a, b) => rank(a) - rank(b))) {
    // Everything but etcd holds no data; the API server would otherwise wait for its clients' watches.
    if (record.name === `${recordPrefix}kube-scheduler`) await dropLeasesAtStop(paths);
    const graceMs = record.name === `${recordPrefix}etcd` ? 10_000 : 2_000;
    await stopProcess(record, { graceMs }, paths);
  }
  await removePidFiles(paths);
}

interface ClusterPlace {
  /** kwokctl's home. */
  folder: string;
  /** kwokctl's folder of this cluster: its configuration, certificates, etcd data, pid files, logs. */
  home: string;
  /** There once nodes and CRDs were applied. */
  created: string;
  config: string;
}

function placeOf(paths: SandboxPaths): ClusterPlace {
  const folder = path.join(paths.data, "cluster");
  return {
    folder,
    home: path.join(folder, "clusters", clusterName),
    created: path.join(folder, "created"),
    config: path.join(folder, "kwok.yaml"),
  };
}

async function createCluster(paths: SandboxPaths, tools: ClusterTools, ports: ClusterPorts): Promise<void> {
  const place = placeOf(paths);
  const documents = [kwokctlConfig(tools, ports), ...(await stages(tools["kwok-stages"].path))];
  await writeAtomically(place.config, documents.map((document) => stringify(document)).join("---\n"));
  const kubeconfig = path.join(place.folder, "kwokctl-kubeconfig.yaml"); // else kwokctl edits the user's own
  await kwokctl(paths, tools, [
    ...["create", "cluster", "--config", place.config, "--kubeconfig", kubeconfig],
    ...["--wait", "60s"],
  ]);
}

/** A creation that was interrupted leaves half a cluster: it is stopped and its folder removed. */
async function removeUnfinished(paths: SandboxPaths, tools: ClusterTools): Promise<void> {
  const place = placeOf(paths);
  if (!(await exists(place.home))) return;
  await kwokctl(paths, tools, ["delete", "cluster", "--kubeconfig", path.join(place.folder, "unused")]);
  await fs.rm(place.home, { recursive: true, force: true });
}

async function settlePorts(paths: SandboxPaths): Promise<ClusterPorts> {
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

async function kwokctl(paths: SandboxPaths, tools: ClusterTools, args: string[]): Promise<void> {
  const place = placeOf(paths);
  const log = path.join(paths.logs, "kwokctl.log");
  await fs.mkdir(paths.logs, { recursive: true });
  const output = await fs.open(log, "w");
  // Components are its children and live on: its end is waited for ("exit"), not that of the pipes they inherit.
  const child = spawn(tools.kwokctl.path, ["--name", clusterName, ...args], {
    env: { ...process.env, KWOK_WORKDIR: place.folder },
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
  const lines = ((await readText(log)) ?? "").trimEnd().split("\n").slice(-20);
  throw UserError.of(
    log,
    "",
    `kwokctl ${args.slice(0, 2).join(" ")} failed. Its last lines:\n${lines.map((line) => `      ${line}`).join("\n")}`,
    `look at the components' logs in ${path.join(place.home, "logs")}; \`npm run sandbox:down\`, then start again`,
  );
}

/** Records what runs of the cluster, by kwokctl's pid files, and gives the names of the components it knows. */
async function recordComponents(paths: SandboxPaths): Promise<string[]> {
  const place = placeOf(paths);
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

async function allRun(components: string[], paths: SandboxPaths): Promise<boolean> {
  const records = (await listProcesses(paths)).filter((record) => record.name.startsWith(recordPrefix));
  const running = await Promise.all(records.map((record) => isRunning(record)));
  return stopOrder.every((name) => components.includes(name)) && running.every((runs) => runs);
}

/** Removes the pid files: kwokctl would take another program with such a pid, or a zombie, for its own. */
async function removePidFiles(paths: SandboxPaths): Promise<void> {
  await fs.rm(path.join(placeOf(paths).home, "pids"), { recursive: true, force: true });
  if (await exists(placeOf(paths).home)) await fs.mkdir(path.join(placeOf(paths).home, "pids"));
}

async function exists(file: string): Promise<boolean> {
  return (await fs.stat(file).catch(() => undefined)) !== undefined;
}

/** Our own kubeconfig: one context, certificates inline, so that it can be copied and its path may hold blanks. */
async function writeKubeconfig(paths: SandboxPaths): Promise<void> {
  const place = placeOf(paths);
  const inline = async (file: string): Promise<string> =>
    (await fs.readFile(path.join(place.home, "pki", file))).toString("base64");
  const ports = JSON.parse((await readText(path.join(paths.root, "ports.json"))) ?? "{}") as Record<string, number>;
  const server = `https://127.0.0.1:${ports[`${recordPrefix}kube-apiserver`] ?? 0}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": clusterContext,
    clusters: [{ name: clusterContext, cluster: { server, "certificate-authority-data": await inline("ca.crt") } }],
    users: [
      {
        name: clusterContext,
        user: {
          "client-certificate-data": await inline("admin.crt"),
          "client-key-data": await inline("admin.key"),
        },
      },
    ],
    contexts: [{ name: clusterContext, context: { cluster: clusterContext, user: clusterContext } }],
  };
  const text = stringify(config, { lineWidth: 0 });
  if ((await readText(paths.kubeconfig)) !== text) await writeAtomically(paths.kubeconfig, text, 0o600);
}

async function applyBasics(api: KubeApi, tools: ClusterTools): Promise<void> {
  const crds: JsonObject[] = [];
  for (const plural of operatorCrds) {
    const file = path.join(tools["prometheus-operator-crds"].path, `monitoring.coreos.com_${plural}.yaml`);
    for (const document of parseAllDocuments(await fs.readFile(file, "utf8"))) {
      crds.push(document.toJS() as JsonObject);
    }
  }
  await Promise.all([...nodeObjects(), ...crds].map((object) => api.apply(object)));
  for (const crd of crds) {
    const path = await api.pathOf(crd);
    await waitUntil(`${crd.metadata?.name} is served`, () => isEstablished(api, path), { timeoutMs: 30_000 });
  }
}
