import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parseAllDocuments, stringify } from "yaml";

import { admissionConfig, kwokctlConfig, stages, type ClusterPorts, type clusterTools } from "./config";
import { dropLeases, dropLeasesAtStop, isEstablished, isReady, nodesReady } from "./health";
import { clusterContext, writeKubeconfig } from "./kubeconfig";
import { nodeNames, nodeObjects } from "./nodes";
import { writeAtomically } from "../../../../kit/files";
import { KubeApi, type JsonObject } from "./kube-api";
import {
  allRun,
  clusterPlace,
  isCreated,
  kwokctl,
  recordComponents,
  recordPrefix,
  removePidFiles,
  settlePorts,
} from "./kwokctl";
import { sandboxPaths, type SandboxPaths } from "../../paths";
import { listProcesses, stopProcess } from "../../process/processes";
import type { Tools } from "../../toolchain/ensure";
import { waitUntil } from "../../process/waiting";

export { clusterTools } from "./config";
export { clusterContext } from "./kubeconfig";

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
  const place = clusterPlace(paths);
  const components = await recordComponents(paths);
  const begin = new Date();
  const runs = await allRun(components, paths);
  if (!runs) {
    await fs.mkdir(place.folder, { recursive: true });
    // Where only a part runs, kwokctl's waiting does not end well: begin from a full stop.
    await stopCluster(paths);
    // A creation that was interrupted leaves half a cluster; its processes were stopped above.
    const created = await isCreated(paths);
    if (!created) await fs.rm(place.home, { recursive: true, force: true });
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
    await waitUntil("the API server is ready", () => isReady(api), { timeoutMs: 90_000, record: apiserver });
    if (!runs) await dropLeases(api, begin);
    if (!(await isCreated(paths))) {
      log("applying nodes and custom resource definitions");
      await applyBasics(api, options.tools);
      await writeAtomically(place.created, `${new Date().toISOString()}\n`);
    }
    await waitUntil("the nodes are ready", () => nodesReady(api, runs ? new Date(0) : begin), { timeoutMs: 90_000 });
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
  const stop = async (which: (component: string) => boolean, graceMs: number): Promise<void> => {
    const chosen = records.filter(({ name }) => which(name.slice(recordPrefix.length)));
    await Promise.all(chosen.map((record) => stopProcess(record, { graceMs }, paths)));
  };
  // Nothing but etcd holds data, and the API server's clients do not wait for each other.
  await stop((component) => component !== "kube-apiserver" && component !== "etcd", 2_000);
  if (records.length > 0) await dropLeasesAtStop(paths);
  await stop((component) => component === "kube-apiserver", 0); // it would wait for its clients' watches, a minute long
  await stop((component) => component === "etcd", 10_000);
  await removePidFiles(paths);
}

async function createCluster(paths: SandboxPaths, tools: ClusterTools, ports: ClusterPorts): Promise<void> {
  const place = clusterPlace(paths);
  await writeAtomically(place.admission, stringify(admissionConfig));
  const documents = [kwokctlConfig(tools, ports, place.admission), ...(await stages(tools["kwok-stages"].path))];
  await writeAtomically(place.config, documents.map((document) => stringify(document)).join("---\n"));
  const kubeconfig = path.join(place.folder, "kwokctl-kubeconfig.yaml"); // else kwokctl edits the user's own
  // Without its --wait: what is needed of a component is waited for where it is needed, nodes and kinds are made meanwhile.
  await kwokctl(paths, tools, ["create", "cluster", "--config", place.config, "--kubeconfig", kubeconfig]);
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
    await waitUntil(`${crd.metadata?.name} is served`, () => isEstablished(api, path), { timeoutMs: 90_000 });
  }
}
