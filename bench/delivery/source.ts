import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import {
  containerLogFile,
  criEntries,
  EntryClock,
  formatNanoseconds,
  serveLogs,
} from "../../packages/sandbox/workload/cri-log";
import type { JsonObject, KubeApi } from "../../packages/sandbox/servers/cluster/kube-api";
import type { SandboxPaths } from "../../packages/sandbox/paths";
import { lineText, type Ledger } from "./ledger";
import { containerName, createPod, type SourcePod } from "./source-pod";

const tickMs = 50;

/** Where the lines of one container go. */
interface Writer {
  pod: SourcePod;
  file: string;
  descriptor: number;
  clock: EntryClock;
}

/** What a source is made with. */
export interface SourceOptions {
  api: KubeApi;
  paths: SandboxPaths;
  ledger: Ledger;
  /** Part of each pod's name: pods of another run have other names. */
  run: string;
  lineBytes?: number;
}

/** Creates pods and writes their logs. */
export class Source {
  private readonly writers: Writer[] = [];
  readonly pods: SourcePod[] = [];

  constructor(protected readonly options: SourceOptions) {}

  /** Makes `count` pods in a namespace, one node after the other, and lets their logs be read. */
  async add(namespace: string, count: number, clockOffSeconds = 0, job?: JsonObject): Promise<void> {
    const { api, paths, run } = this.options;
    await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const first = this.pods.length;
    const made = await Promise.all(
      Array.from({ length: count }, async (_unused, at): Promise<SourcePod> => {
        const container = first + at;
        const node = nodeNames[container % nodeNames.length] ?? nodeNames[0];
        // Each second one, so that two containers of one node, and so of one stream, differ.
        const off = Math.floor(container / nodeNames.length) % 2 === 1 ? clockOffSeconds : 0;
        const pod = { namespace, name: `${run}-${container}`, node };
        return { ...pod, uid: await createPod(api, pod, job), container, clockOffSeconds: off };
      }),
    );
    this.pods.push(...made);
    const writers = await Promise.all(
      made.map(async (pod): Promise<Writer> => {
        const file = containerLogFile(paths, pod, containerName);
        await serveLogs(api, pod, { [containerName]: file });
        return { pod, file, descriptor: fs.openSync(file, "a"), clock: new EntryClock() };
      }),
    );
    this.writers.push(...writers);
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
    const { ledger, lineBytes } = this.options;
    const begin = Date.now();
    let done = 0;
    while (done < lines && !signal.aborted) {
      const due = Math.min(lines, Math.floor(((Date.now() - begin) * perSecond) / 1000));
      const texts = new Map<Writer, string[]>();
      for (; done < due; done++) {
        const writer = this.writers[done % this.writers.length];
        if (writer === undefined) throw new Error("there is no container to write to");
        const { pod, clock } = writer;
        const line = lineText(pod.container, ledger.next(pod.container), lineBytes);
        const text = criEntries(() => shifted(clock.next(), pod.clockOffSeconds), "stdout", line);
        const list = texts.get(writer);
        if (list === undefined) texts.set(writer, [text]);
        else list.push(text);
      }
      for (const [writer, list] of texts) fs.writeSync(writer.descriptor, list.join(""));
      await sleep(tickMs, undefined, { signal }).catch(() => undefined); // stopped: the loop ends
    }
  }

  /** Renames each log file and begins a new one, as a kubelet and its runtime do. */
  rotate(): void {
    for (const writer of this.writers) {
      fs.renameSync(writer.file, `${writer.file}.${Date.now()}`);
      this.reopen(writer, writer.file);
    }
  }

  /** From now on each container writes to the file that `fileOf` names. */
  protected switchFiles(fileOf: (pod: SourcePod, before: string) => string): void {
    for (const writer of this.writers) this.reopen(writer, fileOf(writer.pod, writer.file));
  }

  private reopen(writer: Writer, file: string): void {
    fs.closeSync(writer.descriptor);
    writer.file = file;
    writer.descriptor = fs.openSync(file, "a");
  }

  /** Ends every pod at once: it and its log are gone. */
  async remove(): Promise<void> {
    for (const { descriptor } of this.writers.splice(0)) fs.closeSync(descriptor);
    await Promise.all(
      this.pods.map(
        ({ namespace, name }) =>
          this.options.api
            .request("DELETE", `/api/v1/namespaces/${namespace}/pods/${name}`, {
              body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 },
            })
            .catch(() => undefined), // removed already by the cell itself
      ),
    );
  }
}

/** A time of the clock, some seconds off. */
export function shifted(time: string, seconds: number): string {
  if (seconds === 0) return time;
  const [whole = "", rest = ""] = time.split(".");
  const nanoseconds = BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(rest.replace("Z", ""));
  return formatNanoseconds(nanoseconds + BigInt(seconds) * 1_000_000_000n);
}
