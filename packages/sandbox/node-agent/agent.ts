import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { errorText } from "../../../kit/error-text";
import { agentPodLabel } from "../servers/cluster/config";
import { writeJson } from "../../../kit/files";
import { KubeApi } from "../servers/cluster/kube-api";
import type { SandboxPaths } from "../paths";
import { endProcess } from "../process/processes";
import { agentStatusFile, readAgentStatus, type AgentStatus } from "./agent-status";
import type { Isolation } from "./bubblewrap";
import type { ObjectData } from "./env";
import type { PodFacts } from "./fields";
import { HostStorage } from "./host-storage";
import { findIsolation } from "./isolation";
import { followList, ObjectCache } from "./object-cache";
import { PodRunner, type PodEnvironment } from "./pod-runner";
import type { Pod } from "./pod-types";

/** What an agent is started with. */
export interface AgentOptions {
  paths: SandboxPaths;
  kubeconfig: string;
  bwrap: string;
  alloy: string;
  log(text: string): void;
}

/** Volumes follow their objects when a watch says so; this is for tokens that are due and for what went wrong. */
const refreshEveryMs = 5_000;
/** The status file holds line counts, which grow without any change of state. */
const statusEveryMs = 1_000;

/** The kubelet of the collector's pods on all nodes of the sandbox. */
export class NodeAgent {
  private readonly stopping = new AbortController();
  private readonly runners = new Map<string, PodRunner>();
  private readonly startedAt = new Date().toISOString();
  private readonly api: KubeApi;
  private readonly cache: ObjectCache;
  private readonly environment: PodEnvironment;
  private pods: ReadonlyMap<string, Pod> = new Map();
  private trouble: string | undefined;
  private written = "";
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: AgentOptions,
    private readonly isolation: Isolation,
    allocatable: ReadonlyMap<string, Record<string, string>>,
  ) {
    this.api = KubeApi.fromFile(options.kubeconfig);
    const onTrouble = (text: string): void => this.onTrouble(text);
    this.cache = new ObjectCache(this.api, { onChange: () => void this.refreshAll(), onTrouble }, this.stopping.signal);
    this.environment = {
      api: this.api,
      paths: options.paths,
      storage: new HostStorage(options.paths),
      isolation,
      alloy: options.alloy,
      objects: (namespace): ObjectData => ({
        configMap: (name) => this.cache.configMap(namespace, name),
        secret: (name) => this.cache.secret(namespace, name),
      }),
      facts: (node): PodFacts => ({
        podIP: "127.0.0.1",
        hostIP: "127.0.0.1",
        allocatable: allocatable.get(node) ?? {},
      }),
      isDown: (node) => this.isDown(node),
      onChange: () => void this.writeStatus(),
      log: (text) => options.log(text),
    };
  }

  /** Ends what an earlier agent left behind, tries out the isolation and reads the nodes. */
  static async create(options: AgentOptions): Promise<NodeAgent> {
    const earlier = await readAgentStatus(options.paths);
    for (const { pid, startTime } of earlier?.pods ?? []) {
      // Its own end kills them too; this covers an agent that was killed a moment ago.
      if (pid !== undefined && startTime !== undefined) await endProcess({ pid, startTime }, 0);
    }
    const isolation = await findIsolation(options.bwrap);
    const api = KubeApi.fromFile(options.kubeconfig);
    try {
      interface Node {
        metadata: { name: string };
        status?: { allocatable?: Record<string, string> };
      }
      const { items } = await api.request<{ items: Node[] }>("GET", "/api/v1/nodes");
      const allocatable = new Map(items.map((node) => [node.metadata.name, node.status?.allocatable ?? {}]));
      return new NodeAgent(options, isolation, allocatable);
    } finally {
      api.close();
    }
  }

  /** Runs pods until {@link stop}. */
  async run(): Promise<void> {
    this.options.log(`isolation: ${this.isolation.mode}`);
    await this.writeStatus();
    void this.every(refreshEveryMs, () => this.refreshAll());
    void this.every(statusEveryMs, () => this.writeStatus());
    // What happened to the pods of a node that was down is made up for once it is back.
    void this.every(refreshEveryMs, () => Promise.resolve(this.onPods(this.pods)));
    await followList<Pod>(
      this.api,
      "/api/v1/pods",
      { labelSelector: `${agentPodLabel.key}=${agentPodLabel.value}` },
      {
        onChange: (pods) => {
          this.trouble = undefined;
          this.pods = pods;
          this.onPods(pods);
        },
        onTrouble: (text) => this.onTrouble(text),
      },
      this.stopping.signal,
    );
  }

  /** Ends all containers with their pods' grace. The pods stay in the API and run again with the next agent. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.runners.values()].map((runner) => runner.stop()));
    await this.writeStatus();
    this.api.close();
  }

  private onPods(pods: ReadonlyMap<string, Pod>): void {
    for (const [uid, pod] of pods) {
      if (!pod.spec.nodeName) continue; // the scheduler has not placed it
      if (this.isDown(pod.spec.nodeName)) continue;
      const known = this.runners.get(uid);
      if (known !== undefined) known.update(pod);
      else this.adopt(uid, pod);
    }
    for (const [uid, runner] of this.runners) {
      if (pods.has(uid)) continue;
      this.runners.delete(uid);
      runner.forget().catch((error: unknown) => this.options.log(`${uid}: ${errorText(error)}`));
    }
    void this.writeStatus();
  }

  /**
   * A test's way to have a node without a kubelet: a file `down` in the node's folder. Its pods run on, unseen: nothing is
   * started, ended or reported there.
   */
  private isDown(node: string): boolean {
    return fs.existsSync(path.join(this.options.paths.nodes, node, "down"));
  }

  private adopt(uid: string, pod: Pod): void {
    this.options.log(`${pod.metadata.namespace}/${pod.metadata.name}: on ${pod.spec.nodeName}`);
    // The first lists of the namespace come before the pod's volumes are made: a missing object is then really missing.
    const ready = this.cache.follow(pod.metadata.namespace);
    const runner = new PodRunner(pod, this.environment, ready);
    this.runners.set(uid, runner);
    runner.update(pod);
  }

  private refreshing: Promise<void> | undefined;

  /** Volumes of all pods; one round at a time. */
  private refreshAll(): Promise<void> {
    this.refreshing ??= (async () => {
      await sleep(100); // several objects of one deployment change together
      await Promise.all([...this.runners.values()].map((runner) => runner.refresh()));
    })().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async every(ms: number, action: () => Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(ms, undefined, { signal }).catch(() => undefined); // stopped: the loop ends
      await action();
    }
  }

  private onTrouble(text: string): void {
    if (text !== this.trouble) this.options.log(`API server: ${text}`);
    this.trouble = text;
    void this.writeStatus();
  }

  /** Writes the status file where something changed; writes do not overtake each other. */
  private writeStatus(): Promise<void> {
    this.writing = this.writing
      .then(async () => {
        const status: AgentStatus = {
          pid: process.pid,
          startedAt: this.startedAt,
          isolation: this.isolation.mode,
          trouble: this.trouble,
          pods: [...this.runners.values()].map((runner) => runner.snapshot()),
        };
        const text = JSON.stringify(status);
        if (text === this.written) return;
        await writeJson(agentStatusFile(this.options.paths), status);
        this.written = text;
      })
      .catch((error: unknown) => this.options.log(`status file not written: ${errorText(error)}`));
    return this.writing;
  }
}
