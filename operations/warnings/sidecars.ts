import { hasDashboard } from "../../settings/dashboard";
import type { Settings } from "../../settings/schema";
import type { KubernetesClient } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";
import { unreadReason, type SidecarPlan, type Workload } from "./sidecar-selectors";

interface Wanted extends SidecarPlan {
  setting: "dashboard" | "dataSource" | "ruler";
  /** What does not happen where nobody reads it. */
  effect: string;
}

/**
 * The warnings that nobody would read what the stack makes for Grafana and Loki. Their charts start sidecars that look for
 * labels; what they look for is in their own Deployments and StatefulSets.
 */
export async function sidecarWarnings({ settings, cluster }: StackContext): Promise<string[]> {
  const wanted = wantedOf(settings);
  const readers = [...new Set(wanted.map(({ reader }) => reader))];
  const found = new Map(
    await Promise.all(
      readers.map(
        async (reader) => [reader, await workloadsOf(cluster, reader).catch((error: Error) => error)] as const,
      ),
    ),
  );
  return wanted.flatMap(({ setting, effect, ...plan }) => {
    const workloads = found.get(plan.reader) ?? [];
    if (workloads instanceof Error)
      return [
        `warning: could not look whether ${plan.reader} reads alloy:${setting} (listing Deployments and StatefulSets was refused)`,
      ];
    const reason = unreadReason(workloads, plan);
    return reason === undefined
      ? []
      : [
          `warning: ${effect}: ${reason}. Set alloy:${setting}.labels and alloy:${setting}.namespace to what a sidecar looks for, switch the sidecar on in the chart, or set alloy:${setting}.enabled: false (docs/dashboard.md).`,
        ];
  });
}

function wantedOf(settings: Settings): Wanted[] {
  const { dashboard, dataSource, ruler, namespace } = settings;
  const placed = ({ namespace: own, labels }: { namespace?: string; labels: Record<string, string> }) => ({
    namespace: own ?? namespace.name,
    labels,
  });
  const all: (Wanted & { isOn: boolean })[] = [
    {
      ...{ isOn: hasDashboard(settings), setting: "dashboard", reader: "Grafana", kind: "ConfigMap" },
      ...{ ...placed(dashboard), effect: "no Grafana will show the dashboard" },
    },
    {
      ...{ isOn: dataSource.enabled, setting: "dataSource", reader: "Grafana", kind: "Secret" },
      ...{ ...placed(dataSource), effect: "no Grafana will have the data source" },
    },
    {
      ...{ isOn: ruler.enabled, setting: "ruler", reader: "Loki", kind: "ConfigMap" },
      ...{ ...placed(ruler), effect: "no ruler will evaluate the rules about lines" },
    },
  ];
  return all.flatMap(({ isOn, ...rest }) => (isOn ? [rest] : []));
}

/** What both charts call themselves by the recommended label, in whatever namespace. */
async function workloadsOf(cluster: KubernetesClient, reader: SidecarPlan["reader"]): Promise<Workload[]> {
  const query = `labelSelector=${encodeURIComponent(`app.kubernetes.io/name=${reader.toLowerCase()}`)}`;
  const lists = await Promise.all(
    ["deployments", "statefulsets"].map((kind) => cluster.list<Workload>(`/apis/apps/v1/${kind}?${query}`)),
  );
  return lists.flat();
}
