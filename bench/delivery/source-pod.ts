import type { JsonObject, KubeApi } from "../../packages/sandbox/servers/cluster/kube-api";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import type { Lives } from "./cell";

export const containerName = "app";

/** A pod of one container that the bench plays. */
export interface SourcePod {
  namespace: string;
  name: string;
  node: string;
  uid: string;
  /** The `id` of its lines. */
  container: number;
  clockOffSeconds: number;
}

/** Creates a pod, owned by a Job where one is given, and gives its uid. */
export async function createPod(
  api: KubeApi,
  { namespace, name, node }: Pick<SourcePod, "namespace" | "name" | "node">,
  job?: JsonObject,
): Promise<string> {
  const owner = { apiVersion: "batch/v1", kind: "Job", controller: true };
  const owners =
    job === undefined ? undefined : [{ ...owner, name: job.metadata?.name ?? "", uid: job.metadata?.uid ?? "" }];
  let uid = "";
  // Admission wants the namespace's default ServiceAccount, which a controller makes a moment later.
  await waitUntil(
    `pod ${namespace}/${name}`,
    async () => {
      const made = await api.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace, labels: { "app.kubernetes.io/name": "bench" }, ownerReferences: owners },
        spec: {
          nodeName: node,
          restartPolicy: job === undefined ? "Always" : "Never",
          automountServiceAccountToken: false,
          tolerations: [{ operator: "Exists" }],
          containers: [{ name: containerName, image: "bench.invalid/played:1" }],
        },
      });
      uid = made.metadata?.uid ?? "";
      return uid !== "";
    },
    { timeoutMs: 30_000 },
  );
  return uid;
}

/** A Job that no controller acts on: its pods are the bench's. */
export function applyJob(api: KubeApi, namespace: string, name: string): Promise<JsonObject> {
  return api.apply({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace },
    spec: {
      managedBy: "bench.invalid/played",
      template: {
        spec: { restartPolicy: "Never", containers: [{ name: containerName, image: "bench.invalid/played:1" }] },
      },
    },
  });
}

/** A pod's status in the middle of a container's life, or after it; as a kubelet writes it. Pure. */
export function statusOf(
  lives: Lives,
  life: number,
  running: boolean,
  times: { startedAt: string; now: string },
): Record<string, unknown> {
  const terminated = {
    exitCode: lives.exitCode,
    reason: lives.exitCode === 0 ? "Completed" : "Error",
    startedAt: times.startedAt,
    finishedAt: times.now,
  };
  const completed = !running && lives.exitCode === 0;
  const waiting = { reason: "CrashLoopBackOff", message: `back-off restarting failed container=${containerName}` };
  const state = running
    ? { running: { startedAt: times.startedAt } }
    : completed
      ? { terminated }
      : { waiting: { ...waiting } };
  const ready = running ? "True" : "False";
  return {
    phase: completed ? "Succeeded" : "Running",
    conditions: ["Ready", "ContainersReady"].map((type) => ({ type, status: ready, lastTransitionTime: times.now })),
    containerStatuses: [
      {
        name: containerName,
        image: "bench.invalid/played:1",
        imageID: "",
        ready: running,
        started: running,
        restartCount: life,
        state,
        lastState: running || completed ? {} : { terminated },
      },
    ],
  };
}
