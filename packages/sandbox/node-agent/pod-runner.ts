import * as path from "node:path";

import type { V1Container } from "@kubernetes/client-node";

import { errorText } from "../../../kit/error-text";
import { ContainerLog, containerLogFile, serveLogs } from "../workload/cri-log";
import { ApiError, type KubeApi } from "../servers/cluster/kube-api";
import type { SandboxPaths } from "../paths";
import type { Isolation } from "./bubblewrap";
import { ContainerRunner, retrying, type ContainerHost } from "./container-runner";
import { ContainerStarter } from "./container-starter";
import type { ObjectData } from "./env";
import { apiConditions, firstRecord } from "./earlier-status";
import { unsupported } from "./errors";
import type { PodFacts } from "./fields";
import type { HostStorage } from "./host-storage";
import type { PodSnapshot } from "./pod-snapshot";
import { podName, podPath, type Pod } from "./pod-types";
import { PodVolumes } from "./pod-volumes";
import { podStatus, type Condition } from "./status";
import { StatusPublisher } from "./status-publisher";

export type { PodSnapshot } from "./pod-snapshot";

/** What all pods share. */
export interface PodEnvironment {
  api: KubeApi;
  paths: SandboxPaths;
  storage: HostStorage;
  isolation: Isolation;
  /** Alloy's binary on this machine. */
  alloy: string;
  objects: (namespace: string) => ObjectData;
  facts: (node: string) => PodFacts;
  /** Nothing is reported of a node that is down, as a kubelet that has died reports nothing. */
  isDown: (node: string) => boolean;
  /** A pod's state changed: the status file is out of date. */
  onChange: () => void;
  log: (text: string) => void;
}

/** Runs one pod as a kubelet does, from its volumes to its deletion. */
export class PodRunner {
  private readonly stopping = new AbortController();
  private readonly init: ContainerRunner[];
  private readonly containers: ContainerRunner[];
  private readonly logs = new Map<string, ContainerLog>();
  private readonly publisher: StatusPublisher;
  private readonly startTime: string;
  private readonly finished: Promise<void>;
  private volumes: PodVolumes | undefined;
  private starter: ContainerStarter | undefined;
  private lastError: string | undefined;
  private conditions: Condition[];
  private graceMs: number;
  private gone = false;

  /** `objectsReady`: the ConfigMaps and Secrets of the pod's namespace are known. */
  constructor(
    private pod: Pod,
    private readonly environment: PodEnvironment,
    objectsReady: Promise<void>,
  ) {
    const host = this.host();
    const runner = (container: V1Container, isInit: boolean): ContainerRunner =>
      new ContainerRunner(container, firstRecord(pod, container), isInit, host);
    this.init = (pod.spec.initContainers ?? []).map((container) => runner(container, true));
    this.containers = pod.spec.containers.map((container) => runner(container, false));
    this.startTime = pod.status?.startTime === undefined ? new Date().toISOString() : String(pod.status.startTime);
    this.conditions = apiConditions(pod);
    this.graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const log = (text: string): void => environment.log(`${podName(pod)}: ${text}`);
    this.publisher = new StatusPublisher(environment.api, pod, () => this.nextStatus(), log);
    this.finished = this.run(objectsReady);
  }

  /** The object changed: deletion is the one change that matters to a running pod. */
  update(pod: Pod): void {
    this.pod = pod;
    if (pod.metadata.deletionTimestamp === undefined || this.stopping.signal.aborted) return;
    this.graceMs = (pod.metadata.deletionGracePeriodSeconds ?? this.graceMs / 1000) * 1000;
    this.environment.log(`${podName(pod)}: deleted, ${this.graceMs / 1000} s to end`);
    this.stopping.abort();
  }

  /** Ends the processes with the pod's grace and returns when they are gone. The object stays. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.finished;
    await this.publisher.close();
  }

  /** The object is gone from the API: its processes end, nothing more is reported. */
  async forget(): Promise<void> {
    this.gone = true;
    await this.stop();
    await this.volumes?.remove();
  }

  /** ConfigMaps or Secrets changed, or time went by: volumes follow, tokens are renewed. */
  async refresh(): Promise<void> {
    if (this.starter === undefined || this.stopping.signal.aborted) return;
    try {
      await this.volumes?.refresh();
    } catch (error) {
      // A kubelet keeps the old files and tries again, so does this agent.
      this.note(`volumes not refreshed: ${errorText(error)}`);
    }
  }

  snapshot(): PodSnapshot {
    const main = this.containers[0];
    const listener = this.starter?.listener;
    const { namespace, name, uid, deletionTimestamp } = this.pod.metadata;
    return {
      namespace,
      name,
      uid,
      node: this.pod.spec.nodeName,
      phase: String(this.computeStatus()["phase"]),
      ready: this.containers.every(({ record }) => record.ready),
      restarts: this.containers.reduce((sum, { record }) => sum + record.restartCount, 0),
      terminating: deletionTimestamp !== undefined,
      lastError: this.lastError,
      uiUrl: listener === undefined ? undefined : `http://127.0.0.1:${listener.localPort}`,
      listener: listener === undefined ? undefined : { podPort: listener.podPort, localPort: listener.localPort },
      pid: main?.running?.pid,
      startTime: main?.running?.startTime,
      log: this.plainLog(main?.container.name ?? ""),
      linesLogged: [...this.logs.values()].reduce((sum, log) => sum + log.lines, 0),
    };
  }

  private async run(objectsReady: Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    const host = { signal, changed: () => this.changed(), note: (text: string) => this.note(text) };
    const all = [...this.init, ...this.containers].map(({ record }) => record);
    let handOn: (() => void) | undefined;
    try {
      await objectsReady;
      const volumes = await retrying(host, all, () => Promise.resolve().then(() => this.planVolumes()));
      this.volumes = volumes;
      handOn = await this.environment.storage.take(this.pod.spec.nodeName, volumes.hostPaths, signal);
      await retrying(host, all, () => volumes.prepare());
      await this.openLogs();
      this.starter = this.newStarter(volumes);
      for (const container of this.init) await container.run();
      await Promise.all(this.containers.map((container) => container.run()));
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    } catch (error) {
      if (!signal.aborted) this.note(`the node agent gave the pod up: ${errorText(error)}`);
    } finally {
      await Promise.all([...this.init, ...this.containers].map((container) => container.stop()));
      for (const log of this.logs.values()) log.close();
      handOn?.();
    }
    if (this.pod.metadata.deletionTimestamp !== undefined && !this.gone) await this.removeObject();
  }

  /** Refuses what this agent would have to leave out, before anything starts. */
  private planVolumes(): PodVolumes {
    const { spec, metadata } = this.pod;
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
      if (container.lifecycle !== undefined) throw unsupported("lifecycle hooks");
      if (container.restartPolicy !== undefined) throw unsupported("restartPolicy of a container (sidecars)");
    }
    const { api, paths, storage, isolation, objects, facts } = this.environment;
    return new PodVolumes(this.pod, {
      api,
      paths,
      storage,
      objects: objects(metadata.namespace),
      facts: facts(spec.nodeName),
      isolation: isolation.mode,
    });
  }

  private async openLogs(): Promise<void> {
    const { namespace, name, uid } = this.pod.metadata;
    const place = { node: this.pod.spec.nodeName, namespace, name, uid };
    const files: Record<string, string> = {};
    for (const { container } of [...this.init, ...this.containers]) {
      const file = containerLogFile(this.environment.paths, place, container.name);
      files[container.name] = file;
      this.logs.set(container.name, new ContainerLog(file));
    }
    await serveLogs(this.environment.api, { namespace, name, uid }, files).catch((error: unknown) => {
      // The collector runs without it; only `kubectl logs` and its collection do not.
      this.note(`the pod's logs are not served: ${errorText(error)}`);
    });
  }

  private newStarter(volumes: PodVolumes): ContainerStarter {
    return new ContainerStarter(this.pod, volumes, this.environment, (container) => {
      const log = this.logs.get(container);
      if (log === undefined) throw new Error(`no log is open for container ${container}`);
      return { log, plainFile: this.plainLog(container) };
    });
  }

  private host(): ContainerHost {
    return {
      restartPolicy: this.pod.spec.restartPolicy,
      signal: this.stopping.signal,
      graceMs: () => this.graceMs,
      listener: () => this.starter?.listener,
      start: (container, isInit) => {
        if (this.starter === undefined) throw new Error("the pod's volumes are not ready");
        return this.starter.start(container, isInit);
      },
      afterInit: async (container) => this.starter?.noteOwners(container),
      changed: () => this.changed(),
      note: (text) => this.note(text),
      probeAnswered: (kind, trouble) => {
        // A collector that is ready is well, whatever was before; its restarts are counted.
        const over = kind === "readiness" || this.lastError?.startsWith(`${kind} probe`);
        if (trouble !== undefined || over) this.lastError = trouble;
      },
    };
  }

  private note(text: string): void {
    this.lastError = text;
    this.environment.log(`${podName(this.pod)}: ${text}`);
    this.environment.onChange();
  }

  private changed(): void {
    this.environment.onChange();
    if (!this.gone && !this.environment.isDown(this.pod.spec.nodeName)) this.publisher.publish();
  }

  private nextStatus(): Record<string, unknown> {
    const status = this.computeStatus();
    this.conditions = status["conditions"] as Condition[];
    return status;
  }

  private computeStatus(): Record<string, unknown> {
    const own = new Set(this.conditions.map(({ type }) => type));
    const others = apiConditions(this.pod).filter(({ type }) => !own.has(type));
    const facts = this.environment.facts(this.pod.spec.nodeName);
    return podStatus({
      pod: this.pod,
      init: this.init.map(({ record }) => record),
      containers: this.containers.map(({ record }) => record),
      conditions: [...this.conditions, ...others],
      startTime: this.startTime,
      podIP: facts.podIP,
      hostIP: facts.hostIP,
      now: new Date().toISOString(),
    });
  }

  private async removeObject(): Promise<void> {
    await this.publisher.close();
    await this.volumes?.remove();
    const { uid } = this.pod.metadata;
    try {
      await this.environment.api.request("DELETE", podPath(this.pod), {
        body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0, preconditions: { uid } },
      });
    } catch (error) {
      const gone = error instanceof ApiError && (error.code === 404 || error.code === 409);
      if (!gone) this.note(`not removed from the API: ${errorText(error)}`);
    }
  }

  private plainLog(container: string): string {
    return path.join(this.environment.paths.logs, `pod-${this.pod.spec.nodeName}-${container}.log`);
  }
}
