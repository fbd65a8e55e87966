import * as fs from "node:fs/promises";
import * as path from "node:path";

import { downAnnotation } from "../../../packages/sandbox/servers/cluster/config";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { collectorPods, collectorSelector, sandbox, type LiveObject } from "./sandbox";

interface NodeObject extends LiveObject {
  status: { conditions: { type: string; status: string }[] };
}

interface PodList {
  items: {
    metadata: { name: string; namespace: string };
    spec: { tolerations?: { key?: string; tolerationSeconds?: number }[] };
  }[];
}

const nodePath = (name: string): string => `/api/v1/nodes/${name}`;

/** Whether the API server calls a node Ready. */
export async function nodeIsReady(name: string): Promise<boolean> {
  const { status } = await sandbox().get<NodeObject>(nodePath(name));
  return status.conditions.some(({ type, status: held }) => type === "Ready" && held === "True");
}

const annotate = (name: string, value: string | null): Promise<unknown> =>
  sandbox().api.request("PATCH", nodePath(name), {
    type: "application/merge-patch+json",
    body: { metadata: { annotations: { [downAnnotation.key]: value } } },
  });

const sayNotReady = (name: string): Promise<unknown> =>
  sandbox().api.request("PATCH", `${nodePath(name)}/status`, {
    type: "application/strategic-merge-patch+json",
    body: {
      status: {
        conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady", message: "taken down by a test" }],
      },
    },
  });

/**
 * What the control plane says of the pods of a node that it hears nothing of (MarkPodsNotReady in its node controller).
 * Here kwok goes on renewing the node's lease, so the controller does not; ours are the collector's pod alone.
 */
async function sayCollectorNotReady(node: string): Promise<void> {
  const { items } = await sandbox().get<PodList & LiveObject>(
    `${collectorPods}?labelSelector=${collectorSelector}&fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`,
  );
  for (const { metadata } of items)
    await sandbox().api.request("PATCH", `${collectorPods}/${metadata.name}/status`, {
      type: "application/strategic-merge-patch+json",
      body: { status: { conditions: [{ type: "Ready", status: "False", reason: "NodeNotReady" }] } },
    });
}

/**
 * Runs `work` while a node is down: not Ready, its collector neither, and nobody there starts, ends or reports a pod. Its
 * collector runs on, unseen, as behind a broken network. Afterwards it is Ready again.
 */
export async function withNodeDown(name: string, work: () => Promise<void>): Promise<void> {
  const folder = path.join(sandbox().paths.nodes, name);
  await letPodsStay(name);
  await fs.writeFile(path.join(folder, "down"), "");
  await annotate(name, downAnnotation.value);
  // A heartbeat that kwok had planned before the annotation would call the node Ready once more.
  const keep = setInterval(() => void keepDown(name).catch(() => undefined), 1_000); // the next second's does it
  try {
    await waitUntil(`${name} is not Ready`, async () => (await keepDown(name), !(await nodeIsReady(name))), {
      timeoutMs: 60_000,
    });
    await sayCollectorNotReady(name);
    await work();
  } finally {
    clearInterval(keep);
    await fs.rm(path.join(folder, "down"));
    await annotate(name, null);
    await waitUntil(`${name} is Ready`, () => nodeIsReady(name), { timeoutMs: 60_000 });
  }
}

async function keepDown(name: string): Promise<void> {
  if (await nodeIsReady(name)) await sayNotReady(name);
}

/** Five minutes after its node has gone a pod is evicted; on a busy machine a test may take longer. */
async function letPodsStay(name: string): Promise<void> {
  const { items } = await sandbox().get<PodList & LiveObject>(
    `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${name}`)}`,
  );
  for (const { metadata, spec } of items) {
    if (spec.tolerations?.some(({ key, tolerationSeconds }) => key === undefined && tolerationSeconds === undefined))
      continue;
    await sandbox().api.request("PATCH", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`, {
      type: "application/json-patch+json",
      body: [{ op: "add", path: "/spec/tolerations/-", value: { operator: "Exists", effect: "NoExecute" } }],
    });
  }
}
