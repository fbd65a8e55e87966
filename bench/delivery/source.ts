import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { nodeNames } from "../../sandbox/cluster-nodes";
import { containerLogFile, criEntries, EntryClock, formatNanoseconds, serveLogs } from "../../sandbox/cri-log";
import type { KubeApi } from "../../sandbox/kube-api";
import type { SandboxPaths } from "../../sandbox/paths";
import { waitUntil } from "../../sandbox/waiting";
import { lineText, type Ledger } from "./ledger";

/** A pod of one container that the bench plays. */
export interface SourcePod {
  namespace: string;
  name: string;
  node: string;
  /** The `id` of its lines. */
  container: number;
  clockOffSeconds: number;
}

const containerName = "app";
const tickMs = 50;

/** Creates pods and writes their logs. */
export class Source {
  private readonly writers: { pod: SourcePod; descriptor: number; clock: EntryClock }[] = [];
  private readonly pods: SourcePod[] = [];

  constructor(
    private readonly api: KubeApi,
    private readonly paths: SandboxPaths,
    private readonly ledger: Ledger,
    /** Part of each pod's name: pods of another run have other names. */
    private readonly run: string,
  ) {}

  /** Makes `count` pods in a namespace, one node after the other, and lets their logs be read. */
  async add(namespace: string, count: number, clockOffSeconds = 0): Promise<void> {
    await this.api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const first = this.pods.length;
    const pods = Array.from({ length: count }, (_unused, at): SourcePod => {
      const container = first + at;
      const node = nodeNames[container % nodeNames.length] ?? nodeNames[0];
      // Each second one, so that two containers of one node, and so of one stream, differ.
      const off = Math.floor(container / nodeNames.length) % 2 === 1 ? clockOffSeconds : 0;
      return { namespace, name: `${this.run}-${container}`, node, container, clockOffSeconds: off };
    });
    this.pods.push(...pods);
    await Promise.all(pods.map((pod) => this.create(pod)));
  }

  get containers(): number {
    return this.pods.length;
  }

  /** The pods that a container's number belongs to. */
  namespaceOf(container: number): string {
    return this.pods[container]?.namespace ?? "";
  }

  /** Writes `lines` lines, `perSecond` of all containers together, to the containers in turn. */
  async write(lines: number, perSecond: number, signal: AbortSignal): Promise<void> {
    const begin = Date.now();
    let done = 0;
    while (done < lines && !signal.aborted) {
      const due = Math.min(lines, Math.floor(((Date.now() - begin) * perSecond) / 1000));
      const texts = new Map<number, string[]>();
      for (; done < due; done++) {
        const at = done % this.writers.length;
        const writer = this.writers[at];
        if (writer === undefined) throw new Error("there is no container to write to");
        const { pod, clock } = writer;
        const line = lineText(pod.container, this.ledger.next(pod.container));
        const text = criEntries(() => shifted(clock.next(), pod.clockOffSeconds), "stdout", line);
        texts.set(at, [...(texts.get(at) ?? []), text]);
      }
      for (const [at, list] of texts) fs.writeSync(this.writers[at]?.descriptor ?? -1, list.join(""));
      await sleep(tickMs, undefined, { signal }).catch(() => undefined); // stopped: the loop ends
    }
  }

  /** Ends every pod at once: it and its log are gone. */
  async remove(): Promise<void> {
    for (const { descriptor } of this.writers.splice(0)) fs.closeSync(descriptor);
    await Promise.all(
      this.pods.map(
        ({ namespace, name }) =>
          this.api
            .request("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, {
              body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 },
            })
            .catch(() => undefined), // removed already by the cell itself
      ),
    );
  }

  private async create(pod: SourcePod): Promise<void> {
    const { namespace, name, node } = pod;
    let uid = "";
    // Admission wants the namespace's default ServiceAccount, which a controller makes a moment later.
    await waitUntil(
      `pod ${namespace}/${name}`,
      async () => {
        const made = await this.api.apply({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, namespace, labels: { "app.kubernetes.io/name": "bench" } },
          spec: {
            nodeName: node,
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
    const file = containerLogFile(this.paths, { node, namespace, name, uid }, containerName);
    await serveLogs(this.api, { namespace, name, uid }, { [containerName]: file });
    this.writers.push({ pod, descriptor: fs.openSync(file, "a"), clock: new EntryClock() });
  }
}

/** A time of the clock, some seconds off. */
export function shifted(time: string, seconds: number): string {
  if (seconds === 0) return time;
  const [whole = "", rest = ""] = time.split(".");
  const nanoseconds = BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(rest.replace("Z", ""));
  return formatNanoseconds(nanoseconds + BigInt(seconds) * 1_000_000_000n);
}
