import { errorText } from "../../kit/error-text";
import { parseMetrics, sumOf } from "../../kit/metrics-text";
import { names, selectorLabels } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { KubeError, type KubernetesClient } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import { collectedContainers, type CountedPod, type LoggingContainer } from "./collected-containers";
import type { Collector } from "./find";
import { judgeSilence, lastComplaint, type LogAnswer, type Silence, type SilentNode } from "./silence";
import type { CollectorState } from "./state";

/** A cluster's nodes have the same cause as a rule: more are named and not asked. */
const nodesAtMost = 10;

/** Containers of a node that are asked for their logs: the collector's own, and two others. */
const containersAtMost = 3;

/**
 * Asks why collectors have sent nothing: which containers of their nodes the settings match, and what GET pods/log says of
 * some of them when it is asked in the collector's name.
 *
 * @param found what their metrics say
 * @param seconds how long they were waited for
 * @param all these are all collectors of the stack
 */
export async function lookIntoSilence(
  context: Pick<StackContext, "cluster" | "settings" | "file" | "findCollectors">,
  found: readonly Pick<CollectorState, "node" | "startedAt">[],
  seconds: number,
  all = false,
): Promise<Silence> {
  // A section without an entry has sources of its own, which may have nothing to send yet.
  const onlyPods = context.settings.extraSections.every(({ entry }) => entry !== undefined);
  const silent = [...found].sort((a, b) => a.node.localeCompare(b.node, "en", { numeric: true }));
  const collectors = await context.findCollectors().catch((): Collector[] => []);
  const asked = silent.slice(0, nodesAtMost);
  const nodes: SilentNode[] = [];
  try {
    for (const one of asked) nodes.push(await lookAtNode(context, one, collectors));
  } catch (error) {
    const [reason = ""] = errorText(error).split("\n");
    const unknown = silent.map(({ node }) => node).join(", ");
    return { problems: [], told: [`no line to send yet on ${unknown}: nobody could look why (${reason})`] };
  }
  const { problems, told } = judgeSilence(nodes, context.file, seconds, all && onlyPods);
  const left = silent.slice(nodesAtMost).map(({ node }) => node);
  return { problems, told: left.length === 0 ? told : [...told, `no line yet on ${left.join(", ")} either`] };
}

async function lookAtNode(
  { cluster, settings }: Pick<StackContext, "cluster" | "settings">,
  { node, startedAt }: Pick<CollectorState, "node" | "startedAt">,
  collectors: readonly Collector[],
): Promise<SilentNode> {
  const namespace = settings.namespace.name;
  const selector = encodeURIComponent(`spec.nodeName=${node}`);
  const pods = await cluster.list<CountedPod>(`/api/v1/pods?fieldSelector=${selector}`);
  const found = collectors.find((one) => one.node === node && one.phase === "running");
  const pod = found?.pod ?? pods.find(isCollector)?.metadata?.name ?? "";
  const matched = collectedContainers(pods, settings);
  const own = (one: LoggingContainer): boolean => one.namespace === namespace && one.pod === pod;
  const first = [...matched.filter(own), ...matched.filter((one) => !own(one))].slice(0, containersAtMost);
  const asCollector = cluster.as(`system:serviceaccount:${namespace}:${names.serviceAccount}`);
  const answers: LogAnswer[] = [];
  for (const container of first) {
    answers.push(await askForLog(asCollector, cluster, container, startedAt));
    if (answers.at(-1)?.kind === "refused") break;
  }
  const complaint = await found?.log().then(lastComplaint, () => undefined);
  return {
    ...{ node, pods: pods.length, matched: matched.length, answers },
    leftOutBy: matched.length === 0 ? leftOutBy(pods, settings) : [],
    dropped: await droppedBy(found),
    ...(complaint !== undefined && { complaint }),
  };
}

/** The settings without any one of which something would be read. */
function leftOutBy(pods: readonly CountedPod[], settings: Pick<Settings, "nodeSelector" | "logs">): string[] {
  const { logs } = settings;
  const without: Record<string, Partial<typeof settings>> = {
    "alloy:nodeSelector": { nodeSelector: ".*" },
    "alloy:logs.includeNamespaces": { logs: { ...logs, includeNamespaces: ".*" } },
    "alloy:logs.excludeNamespaces": { logs: { ...logs, excludeNamespaces: "" } },
    "alloy:logs.optOutAnnotation": { logs: { ...logs, optOutAnnotation: "" } },
  };
  return Object.entries(without).flatMap(([key, other]) =>
    collectedContainers(pods, { ...settings, ...other }).length > 0 ? [key] : [],
  );
}

const isCollector = ({ metadata }: CountedPod & { metadata?: { labels?: Record<string, string> } }): boolean =>
  Object.entries(selectorLabels).every(([name, value]) => metadata?.labels?.[name] === value);

const logPath = ({ namespace, pod, container }: LoggingContainer): string =>
  `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${encodeURIComponent(container)}`;

/** A log in the collector's name, or in one's own if one may not take the other's. */
async function askForLog(
  asCollector: KubernetesClient,
  asUser: KubernetesClient,
  container: LoggingContainer,
  startedAt: number,
): Promise<LogAnswer> {
  const name = `${container.namespace}/${container.pod}/${container.container}`;
  const since = startedAt > 0 ? `&sinceTime=${new Date(startedAt * 1000).toISOString()}` : "";
  const path = `${logPath(container)}&limitBytes=1024${since}`;
  const ask = (cluster: KubernetesClient): Promise<LogAnswer> =>
    cluster.text(path).then(
      (text): LogAnswer => ({ container: name, kind: text.trim() === "" ? "empty" : "lines" }),
      (error: unknown): LogAnswer => refusal(name, error),
    );
  const answer = await ask(asCollector);
  if (answer.kind !== "refused" || !/cannot impersonate/.test(answer.message)) return answer;
  const own = await ask(asUser);
  const forbidden = own.kind === "refused" && /cannot get resource "pods\/log"/.test(own.message);
  return forbidden ? { container: name, kind: "not asked", reason: "you may not read pods/log" } : own;
}

function refusal(container: string, error: unknown): LogAnswer {
  if (!(error instanceof KubeError)) return { container, kind: "not asked", reason: errorText(error) };
  const message = error.message.replace(/^GET \S+: \d+ /, "");
  // The pod is gone, or its container has not been started: nothing is to be read there yet.
  if (error.code === 404 && /pods "[^"]*" not found/.test(message)) return { container, kind: "empty" };
  if (error.code === 400 && /is waiting to start|is not available|not found/.test(message))
    return { container, kind: "empty" };
  return { container, kind: "refused", code: error.code, message };
}

async function droppedBy(collector: Collector | undefined): Promise<number> {
  if (collector === undefined) return 0;
  const page = await collector.get("/metrics").catch(() => "");
  return sumOf(parseMetrics(page), "loki_process_dropped_lines_total");
}
