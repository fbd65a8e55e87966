import { parseMetrics } from "../../kit/metrics-text";
import { kubernetesObjects } from "../../operations/recording/manifests";
import { recordProgram } from "../../operations/recording/record-program";
import { configChecksum } from "../../components/pipeline-config";
import { composePipeline } from "../../pipeline/compose";
import type { JsonObject } from "../../packages/sandbox/servers/cluster/kube-api";
import { readAgentStatus } from "../../packages/sandbox/node-agent/agent-status";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { parseSettings } from "../../settings/parse-settings";
import { configChecksumAnnotation, names } from "../../settings/names";
import { clearNodes, collectorsUp, type Platform } from "./platform";
import type { RunKey } from "./plan";

const namespace = "monitoring";

/** What a run deploys. */
export interface Deployment {
  objects: JsonObject[];
  text: string;
}

/**
 * The objects that the program declares for a cell, as it would deploy them, but for the pipeline's budget and window:
 * those may be shorter than the settings allow.
 */
export async function deploymentFor(
  { cell, wal, delivery }: Omit<RunKey, "run" | "lines">,
  tenant: string,
  lokiUrl: string,
): Promise<Deployment> {
  const config: Record<string, string> = {
    "alloy:clusterName": "bench",
    "alloy:lokiTenant": tenant,
    "alloy:environment": "local",
    "alloy:lokiUrl": lokiUrl,
    "alloy:logs": JSON.stringify({ excludeNamespaces: namespace }),
    "alloy:metrics": JSON.stringify({ enabled: false }),
    "alloy:selfMonitoring": JSON.stringify({ enabled: false }),
    "alloy:wal": JSON.stringify({ logs: wal, outageBudget: "1m" }),
    "alloy:delivery": delivery,
    "alloy:rollout": JSON.stringify({ maxUnavailable: "100%" }),
  };
  const { resources } = await recordProgram({ stack: "bench", config });
  const settings = parseSettings(config, "bench");
  const { text } = composePipeline({
    ...settings,
    wal: { ...settings.wal, outageBudget: cell.budget ?? "1m", lokiWindow: cell.window ?? "1h" },
  });
  return { objects: withPipeline(kubernetesObjects(resources), text), text };
}

/** The same objects with another text of the pipeline, and its checksum on the pods. */
export function withPipeline(objects: readonly JsonObject[], text: string): JsonObject[] {
  return objects.map((object) => {
    if (object.kind === "ConfigMap") return { ...object, data: { [names.configKey]: text } };
    if (object.kind !== "DaemonSet") return object;
    const copy = structuredClone(object) as JsonObject & {
      spec: { template: { metadata: { annotations: Record<string, string> } } };
    };
    copy.spec.template.metadata.annotations[configChecksumAnnotation] = configChecksum(text);
    return copy;
  });
}

/** Applies in the order in which the objects need each other. */
export async function applyAll({ api }: Platform, objects: readonly JsonObject[]): Promise<void> {
  for (const object of objects)
    await waitUntil(
      `${object.kind} ${object.metadata?.name} is applied`,
      async () => {
        await api.apply(object);
        return true;
      },
      { timeoutMs: 30_000 },
    );
}

/** Removes the collectors of the run before and all that they left on their nodes. */
export async function removeCollectors({ api, paths }: Platform): Promise<void> {
  await api
    .request("DELETE", `/apis/apps/v1/namespaces/${namespace}/daemonsets/${names.daemonSet}`)
    .catch(() => undefined); // there is none before the first run
  await waitUntil(
    "the collectors of the run before are gone",
    async () => {
      await signalCollectors({ paths }, "SIGKILL");
      const pods = (await readAgentStatus(paths))?.pods ?? [];
      return pods.length === 0 || `${pods.length} are left`;
    },
    { timeoutMs: 90_000, intervalMs: 500 },
  );
  await clearNodes(paths);
}

/** Sends a signal to each collector's own process; a node agent starts it again, as a kubelet does. */
export async function signalCollectors(
  { paths }: Pick<Platform, "paths">,
  signal: NodeJS.Signals,
  node?: string,
): Promise<void> {
  const pods = (await readAgentStatus(paths))?.pods ?? [];
  for (const pod of pods) {
    if (pod.pid === undefined || (node !== undefined && pod.node !== node)) continue;
    try {
      process.kill(pod.pid, signal);
    } catch (error) {
      // It ended between the look and the signal.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

/** A node that loses power: its collector's process and memory are gone at once, its pod is made anew on its disk. */
export async function reboot(platform: Platform, node: string): Promise<void> {
  const before = ((await readAgentStatus(platform.paths))?.pods ?? []).filter((pod) => pod.node === node);
  await signalCollectors(platform, "SIGKILL", node);
  for (const { namespace: space, name } of before)
    await platform.api.request("DELETE", `/api/v1/namespaces/${space}/pods/${name}`, {
      body: { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 },
    });
}

/** Changes the pipeline's text and waits until each node runs the new one. */
export async function rollOut(platform: Platform, { objects, text }: Deployment): Promise<void> {
  const before = new Set(((await readAgentStatus(platform.paths))?.pods ?? []).map(({ uid }) => uid));
  await applyAll(platform, withPipeline(objects, `${text}\n// rolled out once more\n`));
  await collectorsUp(platform.paths, before);
}

/** What the collectors counted, summed over all their lives as far as somebody looked. */
export interface Counters {
  sent: number;
  retries: number;
  /** `loki_write_dropped_entries_total` by reason. */
  droppedByWrite: Record<string, number>;
  /** `loki_process_dropped_lines_total` by reason. */
  droppedByProcess: Record<string, number>;
}

/** Reads the collectors' counters now and then, so that those of a process that ends are not gone with it. */
export class CounterBook {
  private readonly last = new Map<string, Counters>();

  async look({ paths }: Pick<Platform, "paths">): Promise<void> {
    const pods = (await readAgentStatus(paths))?.pods ?? [];
    await Promise.all(
      pods.map(async ({ uiUrl, pid, startTime }) => {
        if (uiUrl === undefined || pid === undefined) return;
        const text = await fetch(new URL("/metrics", uiUrl), { signal: AbortSignal.timeout(5_000) })
          .then((answer) => answer.text())
          .catch(() => undefined); // it starts or ends
        if (text !== undefined) this.last.set(`${pid} ${startTime}`, countersOf(text));
      }),
    );
  }

  /** Lines that were thrown away and counted. */
  get dropped(): number {
    const { droppedByWrite, droppedByProcess } = this.sum();
    return [droppedByWrite, droppedByProcess].flatMap(Object.values<number>).reduce((sum, value) => sum + value, 0);
  }

  sum(): Counters {
    const sum: Counters = { sent: 0, retries: 0, droppedByWrite: {}, droppedByProcess: {} };
    for (const one of this.last.values()) {
      sum.sent += one.sent;
      sum.retries += one.retries;
      for (const field of ["droppedByWrite", "droppedByProcess"] as const)
        for (const [reason, value] of Object.entries(one[field]))
          sum[field][reason] = (sum[field][reason] ?? 0) + value;
    }
    return sum;
  }
}

/** A metrics page as counters; reasons that count nothing are left out. */
export function countersOf(text: string): Counters {
  const samples = parseMetrics(text);
  const byReason = (name: string): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const { labels, value } of samples.filter((sample) => sample.name === name && sample.value > 0))
      found[labels["reason"] ?? ""] = (found[labels["reason"] ?? ""] ?? 0) + value;
    return found;
  };
  const sum = (name: string): number =>
    samples.filter((sample) => sample.name === name).reduce((total, { value }) => total + value, 0);
  return {
    sent: sum("loki_write_sent_entries_total"),
    retries: sum("loki_write_batch_retries_total"),
    droppedByWrite: byReason("loki_write_dropped_entries_total"),
    droppedByProcess: byReason("loki_process_dropped_lines_total"),
  };
}
