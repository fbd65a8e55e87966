import { setTimeout as sleep } from "node:timers/promises";

import { errorText } from "../../../kit/error-text";
import { ApiError, type KubeApi } from "../servers/cluster/kube-api";
import { podPath, type Pod } from "./pod-types";

/** Writes a pod's status to the API: the newest one, one request at a time, again where it failed. */
export class StatusPublisher {
  private dirty = false;
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly api: KubeApi,
    private readonly pod: Pod,
    private readonly status: () => Record<string, unknown>,
    private readonly log: (text: string) => void,
  ) {}

  /** The status changed. */
  publish(): void {
    this.dirty = true;
    this.running ??= this.loop().finally(() => (this.running = undefined));
  }

  /** Waits until what was published is written, or the API server refuses. After it nothing is written. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async loop(): Promise<void> {
    while (this.dirty) {
      this.dirty = false;
      try {
        await this.api.patchStatus(podPath(this.pod), this.status(), this.pod.metadata.uid);
      } catch (error) {
        // The pod is gone, or another one has its name.
        if (error instanceof ApiError && (error.code === 404 || error.code === 409)) return;
        this.log(`status not written: ${errorText(error)}`);
        if (this.closed) return;
        this.dirty = true;
        await sleep(1000);
      }
    }
  }
}
