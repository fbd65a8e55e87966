import type { KubernetesClient } from "../../operations/cluster/kubernetes-client";

/** Whose nodes and pods these are; nothing else is ever removed. */
const mark = { "bench.detectviz.io/scale": "true" };
const selector = "labelSelector=bench.detectviz.io%2Fscale%3Dtrue";
const namespace = "bench-scale";
/** How many requests are on their way at once. */
const width = 20;

/** No collector is placed on these: they are no machines. */
const virtual = { type: "virtual-kubelet" };

/** The node whose pods the measured collector reads. */
export const measuredNode = "bench-node-0";

/** Nodes and pods of a played cluster, which kwok says are ready and running. */
export class Fleet {
  private nodes = 0;
  /** How often pods of the measured node were replaced. */
  private turns = 0;

  constructor(
    private readonly cluster: KubernetesClient,
    private readonly podsEach: number,
  ) {}

  /** Has that many nodes in all, each with its pods; there are never fewer than before. */
  async grow(to: number): Promise<void> {
    if (this.nodes === 0) await this.post("/api/v1/namespaces", "Namespace", { name: namespace });
    await each(this.nodes, to, async (node) => {
      const name = `bench-node-${node}`;
      await this.post("/api/v1/nodes", "Node", {
        name,
        labels: { ...mark, ...virtual, "kubernetes.io/hostname": name },
      });
      for (let pod = 0; pod < this.podsEach; pod++) await this.addPod(node, pod);
    });
    this.nodes = Math.max(this.nodes, to);
  }

  /** Something happens to one pod of every node but the measured one. */
  async stir(round: number): Promise<void> {
    const body = { metadata: { annotations: { round: String(round) } } };
    await each(1, this.nodes, (node) =>
      this.cluster.request("PATCH", `/api/v1/namespaces/${namespace}/pods/pod-${node}-0`, {
        value: body,
        type: "application/merge-patch+json",
      }),
    );
  }

  /** The oldest pod of the measured node ends, and a new one takes its place, as in a rollout or with a short Job. */
  async turnOver(): Promise<void> {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    await this.cluster.request("DELETE", `${pods}/pod-0-${this.turns}?gracePeriodSeconds=0`);
    await this.addPod(0, this.turns + this.podsEach);
    this.turns++;
  }

  async remove(): Promise<void> {
    const now = "gracePeriodSeconds=0";
    await this.cluster.request("DELETE", `/api/v1/namespaces/${namespace}/pods?${selector}&${now}`);
    await this.cluster.request("DELETE", `/api/v1/nodes?${selector}`);
    await this.cluster.request("DELETE", `/api/v1/namespaces/${namespace}`);
  }

  private addPod(node: number, pod: number): Promise<void> {
    return this.post(
      `/api/v1/namespaces/${namespace}/pods`,
      "Pod",
      { name: `pod-${node}-${pod}`, labels: { ...mark, "app.kubernetes.io/name": "bench" } },
      { nodeName: `bench-node-${node}`, containers: [{ name: "main", image: "example.com/app:v1" }] },
    );
  }

  private async post(path: string, kind: string, metadata: object, spec?: object): Promise<void> {
    const value = { apiVersion: "v1", kind, metadata, ...(spec && { spec }) };
    await this.cluster.request("POST", path, { value, type: "application/json" });
  }
}

/** Runs an act for each number from one up to another, a few at once. */
async function each(from: number, to: number, act: (at: number) => Promise<unknown>): Promise<void> {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < to) await act(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
