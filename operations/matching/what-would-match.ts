import { names } from "../../settings/names";
import { kubePath, type KubeObject } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import { takeCensus } from "./census";
import type { Placement } from "./placement";
import { matchReport } from "./report";
import { deployedSelection, type Selection } from "./selection";

/**
 * What the settings would match in the cluster now, beside what is deployed, as lines for whoever reads a preview. Only
 * reads, each page by page; what may not be listed is told in one line, and never fails the preview.
 */
export async function whatWouldMatch(context: Pick<StackContext, "settings" | "cluster">): Promise<string[]> {
  const { settings, cluster } = context;
  if (!settings.logs.enabled) return [];
  const [census, deployed] = await Promise.all([takeCensus(cluster), deployedIn(context).catch(() => undefined)]);
  const { nodes, namespaces, pods } = census;
  if (nodes === undefined && namespaces === undefined && pods === undefined)
    return [`could not look what the settings match (${census.refusals.join("; ")})`];
  return matchReport(settings, census, deployed);
}

interface Deployed extends KubeObject {
  data?: Record<string, string>;
  spec?: {
    template?: { spec?: Placement & { containers?: { name: string; env?: { name: string; value?: string }[] }[] } };
  };
}

async function deployedIn({
  settings,
  cluster,
}: Pick<StackContext, "settings" | "cluster">): Promise<Selection | undefined> {
  const namespace = settings.namespace.name;
  const [config, daemonSet] = await Promise.all([
    cluster.find<Deployed>(kubePath({ apiVersion: "v1", kind: "ConfigMap", namespace, name: names.configMap })),
    cluster.find<Deployed>(kubePath({ apiVersion: "apps/v1", kind: "DaemonSet", namespace, name: names.daemonSet })),
  ]);
  const text = config?.data?.[names.configKey];
  if (text === undefined || daemonSet === undefined) return undefined;
  const spec = daemonSet.spec?.template?.spec;
  const collector = spec?.containers?.find(({ name }) => name === names.container);
  const nodes = collector?.env?.find(({ name }) => name === "NODE_SELECTOR")?.value;
  // The kubelet reads `$$` in a variable as `$`.
  return deployedSelection(text, nodes?.replaceAll("$$", "$"), spec);
}
