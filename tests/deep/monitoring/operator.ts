import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";

import { parse, parseAllDocuments } from "yaml";

import type { JsonObject } from "../../../packages/sandbox/servers/cluster/kube-api";
import { freePort } from "../../../packages/sandbox/process/ports";
import { findProcess, startProcess, stopProcess } from "../../../packages/sandbox/process/processes";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { ensureMonitoringTools } from "../../../packages/sandbox/toolchain/monitoring-tools";
import { sandbox } from "../../e2e/support/sandbox";

/** Name and namespace of the object `Prometheus` that the operator acts on. */
export const prometheusPlace = { name: "watch", namespace: "monitoring" } as const;

/** What the operator has written for one Prometheus. */
export interface OperatorFiles {
  /** The scrape configuration. */
  config: string;
  /** The rule files, by name. */
  rules: Record<string, string>;
}

/** The certificates of the sandbox's administrator as files, where the operator and Prometheus read them. */
export interface Certificates {
  caFile: string;
  certFile: string;
  keyFile: string;
}

export async function writeCertificates(): Promise<Certificates> {
  const { paths } = sandbox();
  const folder = path.join(paths.data, "watch", "certificates");
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  const kubeconfig = parse(await fs.readFile(paths.kubeconfig, "utf8")) as {
    clusters: { cluster: { "certificate-authority-data": string } }[];
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
  };
  const files = {
    caFile: [path.join(folder, "ca.crt"), kubeconfig.clusters[0]?.cluster["certificate-authority-data"]],
    certFile: [path.join(folder, "admin.crt"), kubeconfig.users[0]?.user["client-certificate-data"]],
    keyFile: [path.join(folder, "admin.key"), kubeconfig.users[0]?.user["client-key-data"]],
  } as const;
  for (const [file, text] of Object.values(files))
    await fs.writeFile(file, Buffer.from(text ?? "", "base64"), { mode: 0o600 });
  return { caFile: files.caFile[0], certFile: files.certFile[0], keyFile: files.keyFile[0] };
}

/** The object that a user of the operator writes, as far as it decides what is scraped and which rules are taken. */
export function prometheusObject(server: string, tlsConfig: Certificates): JsonObject {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "Prometheus",
    metadata: { ...prometheusPlace },
    spec: {
      version: "v3.5.0",
      replicas: 1,
      scrapeInterval: "30s",
      evaluationInterval: "5s",
      serviceAccountName: "alloy",
      // As kube-prometheus-stack of release `prometheus` selects: by the label that the stack file says.
      podMonitorSelector: { matchLabels: { release: "kube-prometheus-stack" } },
      podMonitorNamespaceSelector: {},
      ruleSelector: { matchLabels: { release: "kube-prometheus-stack" } },
      ruleNamespaceSelector: {},
      apiserverConfig: { host: server, tlsConfig },
    },
  };
}

/** Starts the whole Prometheus Operator against the sandbox's API server and waits for what it writes. */
export async function runOperator(certificates: Certificates): Promise<OperatorFiles> {
  const { paths, api } = sandbox();
  const { operator } = await ensureMonitoringTools((tool, text) => console.error(`${tool}: ${text}`));
  await applyCrds();
  const port = await freePort("prometheus-operator", paths);
  if ((await findProcess("prometheus-operator", paths)) === undefined)
    await startProcess(
      {
        name: "prometheus-operator",
        command: operator,
        args: [
          `-apiserver=${api.server}`,
          `-ca-file=${certificates.caFile}`,
          `-cert-file=${certificates.certFile}`,
          `-key-file=${certificates.keyFile}`,
          `-web.listen-address=127.0.0.1:${port}`,
          "-kubelet-endpoints=false",
        ],
      },
      paths,
    );
  await api.apply(prometheusObject(api.server, certificates));
  let files: OperatorFiles | undefined;
  await waitUntil(
    "the operator has written the configuration",
    async () => {
      files = await operatorFiles();
      return (
        (files.config.includes("podMonitor/monitoring/alloy") && Object.keys(files.rules).length > 0) ||
        "no job of our PodMonitor, or no rules, yet"
      );
    },
    { timeoutMs: 120_000, intervalMs: 1_000 },
  );
  return files ?? assert.fail("the operator has written nothing");
}

/** Ends the operator and removes the object, with what the operator made for it. */
export async function removeOperator(): Promise<void> {
  const { paths, api } = sandbox();
  await api.request("DELETE", prometheusPath()).catch(() => undefined); // absent: the operator never came up
  const record = await findProcess("prometheus-operator", paths);
  if (record !== undefined) await stopProcess(record, { graceMs: 5_000 }, paths);
}

const prometheusPath = (): string =>
  `/apis/monitoring.coreos.com/v1/namespaces/${prometheusPlace.namespace}/prometheuses/${prometheusPlace.name}`;

async function operatorFiles(): Promise<OperatorFiles> {
  const inNamespace = `/api/v1/namespaces/${prometheusPlace.namespace}`;
  const of = `prometheus-${prometheusPlace.name}`;
  const secret = await sandbox().get<{ data: Record<string, string> }>(`${inNamespace}/secrets/${of}`);
  const zipped = Buffer.from(secret.data["prometheus.yaml.gz"] ?? "", "base64");
  const rules = await sandbox().get<{ data?: Record<string, string> }>(`${inNamespace}/configmaps/${of}-rulefiles-0`);
  return { config: gunzipSync(zipped).toString("utf8"), rules: rules.data ?? {} };
}

/** Every kind that the operator looks for at its start. */
async function applyCrds(): Promise<void> {
  const { "prometheus-operator-crds": crds } = await ensureTools(["prometheus-operator-crds"], () => undefined);
  const names = (await fs.readdir(crds.path)).filter((name) => name.startsWith("monitoring.coreos.com_"));
  assert.ok(names.length >= 8, `only ${names.length} kinds in ${crds.path}`);
  for (const name of names)
    for (const document of parseAllDocuments(await fs.readFile(path.join(crds.path, name), "utf8")))
      await sandbox().api.apply(document.toJS() as JsonObject);
}
