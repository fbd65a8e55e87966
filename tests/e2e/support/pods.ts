import { ContainerLog, containerLogFile, serveLogs } from "../../../packages/sandbox/workload/cri-log";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { sandbox, type LiveObject } from "./sandbox";

/** A pod that a test asks for; it is bound to its node, since collectors are told apart by theirs. */
export interface PlayedPodSpec {
  namespace: string;
  name: string;
  node: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface PodPlace {
  namespace: string;
  name: string;
  uid: string;
  node: string;
}

/** The one container of a pod that {@link PlayedPod.create} makes. */
const onlyContainer = "app";

/** A pod of the API whose containers the test plays: what they log is what it writes. */
export class PlayedPod {
  private constructor(
    readonly place: PodPlace,
    private readonly logs: ReadonlyMap<string, ContainerLog>,
  ) {}

  /** Makes a pod of one container. */
  static async create({ namespace, name, node, labels, annotations }: PlayedPodSpec): Promise<PlayedPod> {
    let uid = "";
    // Admission wants the namespace's default ServiceAccount, which a controller makes a moment later.
    await waitUntil(
      `pod ${namespace}/${name}`,
      async () => {
        const made = await sandbox().api.apply({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace, labels, annotations },
          spec: {
            nodeName: node,
            automountServiceAccountToken: false,
            tolerations: [{ operator: "Exists" }],
            containers: [{ name: onlyContainer, image: "demo.invalid/played-by-the-sandbox:1" }],
          },
        });
        uid = made.metadata?.uid ?? "";
        return uid !== "";
      },
      { timeoutMs: 30_000 },
    );
    return PlayedPod.play({ namespace, name, uid, node }, [onlyContainer]);
  }

  /** Plays the containers of a pod that somebody else has made. */
  static async play(place: PodPlace, containers: readonly string[]): Promise<PlayedPod> {
    const { paths, api } = sandbox();
    const files = Object.fromEntries(containers.map((name) => [name, containerLogFile(paths, place, name)]));
    const logs = new Map(Object.entries(files).map(([name, file]) => [name, new ContainerLog(file)]));
    await serveLogs(api, place, files);
    return new PlayedPod(place, logs);
  }

  /** Writes lines, to each of its containers. */
  write(...lines: string[]): void {
    for (const log of this.logs.values()) log.write("stdout", lines);
  }

  /** Rotates the log of each of its containers, as a kubelet does. */
  rotate(): void {
    for (const log of this.logs.values()) log.rotate();
  }

  /** Writes one line as of an earlier time, to each of its containers. */
  writeAt(time: Date, line: string): void {
    for (const log of this.logs.values()) log.writeAt(time, line);
  }

  close(): void {
    for (const log of this.logs.values()) log.close();
  }
}

/** Makes namespaces. */
export async function makeNamespaces(names: readonly string[]): Promise<void> {
  for (const name of names) await sandbox().api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

/** Removes namespaces and waits until nothing of them is left: pods that end are pods still. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  const there = async (): Promise<string[]> => {
    const found = await Promise.all(names.map((name) => sandbox().find(`/api/v1/namespaces/${name}`)));
    return found.flatMap((namespace) => namespace?.metadata.name ?? []);
  };
  await Promise.all((await there()).map((name) => sandbox().api.request("DELETE", `/api/v1/namespaces/${name}`)));
  await waitUntil(
    "the namespaces are gone",
    async () => {
      const left = await there();
      return left.length === 0 || left.join(", ");
    },
    { timeoutMs: 180_000, intervalMs: 500 },
  );
}

/** A pod as far as tests of the pipeline read it. */
export interface LivePod extends LiveObject {
  metadata: LiveObject["metadata"] & {
    namespace: string;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
  spec: { nodeName?: string; containers: { name: string }[]; initContainers?: { name: string }[] };
  status: { phase?: string };
}

/** Every pod of the cluster, or those of a label selector. */
export async function listPods(labelSelector = ""): Promise<LivePod[]> {
  const { items } = await sandbox().get<{ items: LivePod[] }>(
    `/api/v1/pods?labelSelector=${encodeURIComponent(labelSelector)}`,
  );
  return items;
}
