import { readEnd, readJson } from "../../kit/files";
import { httpPort, names } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import type { KubernetesClient, KubeObject } from "../cluster/kubernetes-client";
import { stateOf, type CollectorState } from "./state";

/** One collector's pod. */
export interface Collector {
  node: string;
  pod: string;
  /**
   * `running`: answers requests; `starting`: not yet, or not at present; `ending`: is being deleted, and sends what it
   * still holds. A pod that has ended is no collector any more.
   */
  phase: "starting" | "running" | "ending";
  /** How often its container was started again since the pod is there; undefined if nobody counts. */
  restarts?: number;
  /** What the collector's HTTP server answers; throws if it gives no answer, or another status than 2xx. */
  get: (path: string) => Promise<string>;
  /** The end of what it has written about itself; throws if nobody may read it. */
  log: () => Promise<string>;
}

/** How much of the end of a log file is read, in bytes. */
const logBytes = 2 ** 17;

/** Finds the collectors of a stack, in whatever phase. Throws if nobody may ask. */
export type FindCollectors = () => Promise<Collector[]>;

interface PodFields {
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    containerStatuses?: { name: string; restartCount?: number; state?: { running?: unknown } }[];
  };
}

/**
 * The collectors in a cluster. They are asked by way of the API server, as `kubectl get --raw …/proxy/metrics` does: the
 * deployer's machine need not reach the pods' network. That takes list of pods and get of pods/proxy.
 */
export function collectorsInCluster(cluster: KubernetesClient, { namespace }: Settings): FindCollectors {
  return async () => {
    const pods = await cluster.collectorPods<KubeObject & PodFields>(namespace.name);
    return pods.flatMap(({ metadata: { name, deletionTimestamp }, spec, status }) => {
      const proxy = `/api/v1/namespaces/${namespace.name}/pods/${name}:${httpPort}/proxy`;
      const container = status?.containerStatuses?.find((one) => one.name === names.container);
      const seen = {
        phase: status?.phase,
        answers: container?.state?.running !== undefined,
        ending: deletionTimestamp !== undefined,
        restarts: container?.restartCount,
      };
      const log = `/api/v1/namespaces/${namespace.name}/pods/${name}/log?container=${names.container}&tailLines=500`;
      const ways = { get: (path: string) => cluster.text(`${proxy}${path}`), log: () => cluster.text(log) };
      return collector(spec?.nodeName ?? "no node yet", name, seen, ways);
    });
  };
}

/** What is read of a pod in the status of the sandbox's node agent; the file's whole shape is the sandbox's own. */
interface AgentPod {
  node: string;
  name: string;
  phase: string;
  terminating?: boolean;
  restarts?: number;
  /** Missing as long as the collector does not listen. */
  uiUrl?: string;
  /** Missing as long as its process does not run. */
  pid?: number;
  /** File with its output. */
  log: string;
}

/**
 * The collectors of a sandbox. Each has an address on this machine, which its API server would not send requests to.
 *
 * @param statusFile see SandboxDoor.collectorsFile
 */
export function collectorsOfNodeAgent(statusFile: string): FindCollectors {
  return async () => {
    const { pods = [] } = (await readJson<{ pods?: AgentPod[] }>(statusFile)) ?? {};
    return pods.flatMap(({ node, name, uiUrl, pid, phase, log, restarts, terminating = false }) => {
      const seen = { phase, answers: uiUrl !== undefined && pid !== undefined, ending: terminating, restarts };
      const ways = { get: (path: string) => getText(new URL(path, uiUrl)), log: () => readEnd(log, logBytes) };
      return collector(node, name, seen, ways);
    });
  };
}

interface SeenPod {
  phase: string | undefined;
  answers: boolean;
  ending: boolean;
  restarts: number | undefined;
}

/** The one place that says which pods count, and as what. */
function collector(
  node: string,
  pod: string,
  { phase, answers, ending, restarts }: SeenPod,
  ways: Pick<Collector, "get" | "log">,
): Collector[] {
  // An evicted pod stays as an object, and ends nothing: the DaemonSet has another one in its place.
  if (phase === "Succeeded" || phase === "Failed") return [];
  // Between two starts of its container a pod's phase is Running, too.
  const now = ending ? "ending" : phase === "Running" && answers ? "running" : "starting";
  return [{ node, pod, phase: now, ...(restarts !== undefined && { restarts }), ...ways }];
}

/** What a page of a collector's HTTP server says, reached from this machine. */
export async function getText(url: URL): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url.href}: ${response.status}`);
  return response.text();
}

/**
 * Reads the metrics of every collector that runs, but for those of the nodes that are left out; empty if none runs.
 * Throws if nobody may ask, or one does not answer.
 */
export async function readStates(find: FindCollectors, leaveOut: readonly string[] = []): Promise<CollectorState[]> {
  const running = (await find()).filter(({ phase, node }) => phase === "running" && !leaveOut.includes(node));
  return Promise.all(running.map(async ({ node, get }) => stateOf(node, await get("/metrics"))));
}
