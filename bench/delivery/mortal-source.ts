import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { KubeApi } from "../../packages/sandbox/servers/cluster/kube-api";
import type { Lives } from "./cell";
import type { PlayedContainer, PlayedKubelet } from "./played-kubelet";
import { Source } from "./source";
import { applyJob, containerName, statusOf } from "./source-pod";

/**
 * Containers that end: each life has a log file of its own (`0.log`, `1.log`), the stream of its log ends with it, and
 * the pod's status says what became of it.
 */
export class MortalSource extends Source {
  private readonly played = new Map<number, PlayedContainer>();
  private startedAt = "";

  constructor(
    options: ConstructorParameters<typeof Source>[0],
    private readonly kubelet: PlayedKubelet,
    private readonly lives: Lives,
  ) {
    super(options);
  }

  override async add(namespace: string, count: number): Promise<void> {
    const { api, run } = this.options;
    await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const job = this.lives.exitCode === 0 ? await applyJob(api, namespace, run) : undefined;
    await super.add(namespace, count, 0, job);
    this.startedAt = new Date().toISOString();
    this.switchFiles((pod, file) => {
      const container = { file, running: true };
      this.played.set(pod.container, container);
      this.kubelet.set({ namespace: pod.namespace, pod: pod.name, container: containerName }, container);
      return file;
    });
  }

  /** Writes an equal share of the lines in each life, whatever `perSecond` is. */
  override async write(lines: number, _perSecond: number, signal: AbortSignal): Promise<void> {
    const { count, seconds, downSeconds } = this.lives;
    for (let life = 0; life < count && !signal.aborted; life++) {
      if (life > 0) await this.begin(life);
      const share = Math.floor(((life + 1) * lines) / count) - Math.floor((life * lines) / count);
      await super.write(share, share / seconds, signal);
      for (const container of this.played.values()) container.running = false;
      const last = life === count - 1;
      // A kubelet starts a container again at once the first time, and lets it wait from the second time on.
      if (life === 0 && !last) continue;
      await this.publish(life, false);
      if (!last) await sleep(downSeconds * 1000, undefined, { signal }).catch(() => undefined); // the run is over
    }
  }

  override async remove(): Promise<void> {
    const { api, run } = this.options;
    await super.remove();
    const namespace = this.pods[0]?.namespace;
    if (namespace === undefined || this.lives.exitCode !== 0) return;
    const query = "propagationPolicy=Background";
    await api.request("DELETE", `/apis/batch/v1/namespaces/${namespace}/jobs/${run}?${query}`).catch(() => undefined); // removed already
  }

  private async begin(life: number): Promise<void> {
    this.startedAt = new Date().toISOString();
    this.switchFiles((pod, before) => {
      const file = path.join(path.dirname(before), `${life}.log`);
      const container = this.played.get(pod.container);
      if (container !== undefined) Object.assign(container, { file, running: true });
      return file;
    });
    await this.publish(life, true);
  }

  private async publish(life: number, running: boolean): Promise<void> {
    const status = statusOf(this.lives, life, running, { startedAt: this.startedAt, now: new Date().toISOString() });
    await Promise.all(
      this.pods.map(({ namespace, name }) =>
        patchPodStatus(this.options.api, `/api/v1/namespaces/${namespace}/pods/${name}`, status),
      ),
    );
  }
}

async function patchPodStatus(api: KubeApi, pod: string, status: unknown): Promise<void> {
  await api.request("PATCH", `${pod}/status`, { body: { status }, type: "application/strategic-merge-patch+json" });
}
