import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { gzipSync } from "node:zlib";

import { parseAllDocuments, stringify } from "yaml";

import { repoRoot } from "../../../kit/repo-root";
import { collectorsReady } from "../../../packages/sandbox/start/collectors-ready";
import { nodeNames } from "../../../packages/sandbox/servers/cluster/nodes";
import type { JsonObject } from "../../../packages/sandbox/servers/cluster/kube-api";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { sandbox } from "./sandbox";

/** The platform's Alloy as Kustomize deploys it, with Loki at this URL. */
export async function oldAlloy(lokiUrl: string): Promise<JsonObject[]> {
  const file = path.join(repoRoot, "tests", "operations", "corpus", "running-alloy.yaml");
  const text = (await fs.readFile(file, "utf8")).replace("LOKI_URL", lokiUrl);
  return parseAllDocuments(text).map((document) => document.toJS() as JsonObject);
}

/** What lies around and is none of ours, though some of it is called so. */
export const foreignObjects: readonly JsonObject[] = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "billing", namespace: "monitoring" } },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "alloy-dashboards", namespace: "monitoring", labels: { "app.kubernetes.io/name": "grafana" } },
    data: { "alloy.json": "{}" },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "alloy", namespace: "monitoring", labels: { "app.kubernetes.io/name": "alloy" } },
    spec: { selector: { "app.kubernetes.io/name": "alloy" }, ports: [{ name: "http-metrics", port: 12345 }] },
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "alloy-viewer" },
    rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }],
  },
];

/** Applies objects one after the other; returns when each node has a collector that is ready. */
export async function deployOld(objects: readonly JsonObject[]): Promise<void> {
  for (const object of objects) await sandbox().api.apply(object);
  await collectorsReady(sandbox().paths, nodeNames);
}

/** Object to its identity and version, or `none`: what changes when somebody changes, replaces or removes one. */
export async function versionsOf(objects: readonly JsonObject[]): Promise<Record<string, string>> {
  const found = await Promise.all(
    objects.map(async (object) => {
      const live = await sandbox().find(await sandbox().api.pathOf(object));
      const { namespace = "", name = "" } = object.metadata ?? {};
      const { uid, generation, resourceVersion } = live?.metadata ?? {};
      // A status is written all the time; the generation counts changes of the rest, where a kind has one.
      const version = uid === undefined ? "none" : `${uid} ${generation ?? resourceVersion}`;
      return [`${object.kind} ${namespace}/${name}`, version] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** Removes those that are there. */
export async function removeObjects(objects: readonly JsonObject[]): Promise<void> {
  for (const object of objects) {
    const place = await sandbox().api.pathOf(object);
    if ((await sandbox().find(place)) !== undefined) await sandbox().api.request("DELETE", place);
  }
}

/** The same objects as Helm's release `alloy` has installed them, and its record. */
export function asHelmRelease(objects: readonly JsonObject[]): JsonObject[] {
  const marks = { "meta.helm.sh/release-name": "alloy", "meta.helm.sh/release-namespace": "monitoring" };
  const installed = objects.map((object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      annotations: marks,
      labels: { ...object.metadata?.labels, "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "alloy-1.11.1" },
    },
  }));
  const manifest = objects.map((object) => `---\n${stringify(object)}`).join("");
  const packed = gzipSync(JSON.stringify({ name: "alloy", version: 1, manifest })).toString("base64");
  const record = {
    ...{ apiVersion: "v1", kind: "Secret", type: "helm.sh/release.v1" },
    metadata: {
      ...{ name: "sh.helm.release.v1.alloy.v1", namespace: "monitoring" },
      labels: { owner: "helm", name: "alloy", version: "1", status: "deployed" },
    },
    stringData: { release: packed },
  };
  return [...installed, record];
}

/** Takes the stack away and uses the namespace as it is, and the password that Vault holds by now. */
export async function withoutStack(): Promise<void> {
  const gone = await sandbox().shell(
    "pulumi destroy --yes --non-interactive && pulumi config set --path alloy:namespace.managed false && " +
      "pulumi config set --path alloy:credentials.seed false",
  );
  assert.equal(gone.exitCode, 0, gone.output);
  await waitUntil("the collectors are gone", async () => (await sandbox().agent()).pods.length === 0, {
    timeoutMs: 120_000,
  });
}
