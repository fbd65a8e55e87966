import type { KubeObject } from "../cluster/kubernetes-client";
import { agentOf, readsPodLogs, type AgentParts } from "./agents";
import { objectName, type Obstacle } from "./objects";

/** Something that runs pods, of whatever kind: what of it decides whether an adoption concerns it. */
export interface Workload extends AgentParts {
  kind: string;
  name: string;
  namespace: string;
  uid: string;
  /** Who holds it; the one that controls it first. */
  owners: { kind: string; name: string; uid: string }[];
  serviceAccount: string;
  /** ConfigMaps that its pods mount. */
  configMaps: string[];
  /** False if it is scaled to zero, or has ended. */
  runs: boolean;
}

/** Where each kind that runs pods lies, and where the pods' spec is in it. */
export const workloadKinds = [
  { kind: "DaemonSet", path: "/apis/apps/v1/daemonsets" },
  { kind: "Deployment", path: "/apis/apps/v1/deployments" },
  { kind: "StatefulSet", path: "/apis/apps/v1/statefulsets" },
  { kind: "ReplicaSet", path: "/apis/apps/v1/replicasets" },
  { kind: "ReplicationController", path: "/api/v1/replicationcontrollers" },
  { kind: "CronJob", path: "/apis/batch/v1/cronjobs" },
  { kind: "Job", path: "/apis/batch/v1/jobs" },
  // Last: what no kind above explains, such as a pod of an operator's own kind.
  { kind: "Pod", path: "/api/v1/pods" },
] as const;

interface PodSpec {
  serviceAccountName?: string;
  containers?: { image?: string; args?: string[]; command?: string[] }[];
  volumes?: {
    hostPath?: { path: string };
    configMap?: { name?: string };
    projected?: { sources?: { configMap?: { name?: string } }[] };
  }[];
}

interface WorkloadFields {
  spec?: PodSpec & {
    replicas?: number;
    suspend?: boolean;
    template?: { spec?: PodSpec };
    jobTemplate?: { spec?: { template?: { spec?: PodSpec } } };
  };
  status?: { phase?: string; completionTime?: string };
}

/** Reads one; pure. */
export function workloadOf(kind: string, object: KubeObject): Workload {
  const { metadata } = object;
  const { spec, status } = object as unknown as WorkloadFields;
  const pod = kind === "Pod" ? spec : (spec?.jobTemplate?.spec?.template?.spec ?? spec?.template?.spec);
  const owners = [...(metadata.ownerReferences ?? [])].sort(
    (a, b) => Number(b.controller === true) - Number(a.controller === true),
  );
  const containers = pod?.containers ?? [];
  return {
    kind,
    ...{ name: metadata.name, namespace: metadata.namespace ?? "", uid: metadata.uid ?? "" },
    owners: owners.map((owner) => ({ kind: owner.kind, name: owner.name, uid: owner.uid })),
    serviceAccount: pod?.serviceAccountName ?? "default",
    images: containers.map(({ image = "" }) => image),
    args: containers.flatMap(({ command = [], args = [] }) => [...command, ...args]),
    hostPaths: (pod?.volumes ?? []).flatMap(({ hostPath }) => hostPath?.path ?? []),
    configMaps: (pod?.volumes ?? []).flatMap(({ configMap, projected }) =>
      [configMap?.name, ...(projected?.sources ?? []).map((source) => source.configMap?.name)].filter(
        (name) => name !== undefined,
      ),
    ),
    runs:
      spec?.replicas !== 0 &&
      spec?.suspend !== true &&
      status?.completionTime === undefined &&
      !["Succeeded", "Failed"].includes(status?.phase ?? ""),
  };
}

/** Who would lose by it, or collect the same lines. */
export interface WorkloadsAround {
  /** ServiceAccounts that are to be taken over. */
  accounts: readonly { namespace: string; name: string }[];
  /** The DaemonSet that is handed over, or that the stack has already; its pods are replaced by ours. */
  own: string | undefined;
  /** False: our collectors start beside whatever runs. */
  handsOver: boolean;
}

/** Whether a workload is worth to be kept: it runs a collector, or as one of these accounts; pure. */
export const concerns = (workload: Workload, accounts: WorkloadsAround["accounts"]): boolean =>
  agentOf(workload) !== undefined || usesOneOf(workload, accounts);

const usesOneOf = ({ namespace, serviceAccount }: Workload, accounts: WorkloadsAround["accounts"]): boolean =>
  accounts.some((account) => account.namespace === namespace && account.name === serviceAccount);

/**
 * What an adoption means for everything else that runs: an obstacle where it would take permissions away or make lines
 * come twice, otherwise a line of the report; pure.
 *
 * @param configOf the configuration of a workload, undefined where none was found
 */
export function judgeWorkloads(
  workloads: readonly Workload[],
  { accounts, own, handsOver }: WorkloadsAround,
  configOf: (workload: Workload) => string | undefined,
): { obstacles: Obstacle[]; beside: string[] } {
  const known = new Set(workloads.map(({ uid }) => uid));
  const obstacles: Obstacle[] = [];
  const beside: string[] = [];
  for (const workload of workloads) {
    const [owner] = workload.owners;
    if (workload.uid === own || workload.owners.some(({ uid }) => uid === own)) continue;
    // Its controller speaks for it.
    if (owner !== undefined && known.has(owner.uid)) continue;
    const what = nameOf(workload);
    const agent = agentOf(workload);
    const reads = agent === undefined ? "no" : readsPodLogs(agent, workload, configOf(workload));
    const twice = reads === "yes" ? ", and each line would come twice" : "";
    if (usesOneOf(workload, accounts)) {
      const account = `ServiceAccount ${workload.namespace}/${workload.serviceAccount}`;
      if (workload.runs)
        obstacles.push({
          problem: `${what} runs as ${account}: its permissions would be taken away under its feet${twice}`,
          remedy: `if these collectors replace it, end it first (${endIt(workload)}); otherwise give it a ServiceAccount and a role of its own, or deploy this stack to a namespace of its own (alloy:namespace, alloy:names.clusterRole)`,
        });
      else beside.push(`${what} does not run now; it would start again with fewer permissions (${account})`);
      continue;
    }
    if (agent === undefined || !workload.runs) continue;
    const words = {
      yes: "reads pods' logs",
      no: "reads no pods' logs",
      unknown: "may read pods' logs: its configuration was not found",
    }[reads];
    if (reads === "no" || handsOver)
      beside.push(`${what} (${agent}) ${words}${reads === "yes" ? ": those lines come twice, as they do now" : ""}`);
    else
      obstacles.push({
        problem: `${what} (${agent}) ${words}, and would go on: each line ${reads === "yes" ? "would" : "might"} come twice`,
        remedy: `end it once these collectors run, or first (${endIt(workload)}); --force starts them beside it`,
        forced: true,
      });
  }
  return { obstacles, beside };
}

function nameOf({ kind, namespace, name, owners: [owner] }: Workload): string {
  return `${objectName(kind, { namespace, name })}${owner === undefined ? "" : ` of ${owner.kind} ${owner.name}`}`;
}

/** The command that ends it; whoever holds it would start it again. */
function endIt({ kind, namespace, name, owners: [owner] }: Workload): string {
  if (owner !== undefined) return `by way of ${owner.kind} ${owner.name}, which holds it`;
  const kubectl = `kubectl -n ${namespace}`;
  if (["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"].includes(kind))
    return `${kubectl} scale ${kind.toLowerCase()} ${name} --replicas=0`;
  if (kind === "CronJob") return `${kubectl} patch cronjob ${name} -p '{"spec":{"suspend":true}}'`;
  return `${kubectl} delete ${kind.toLowerCase()} ${name}, by whatever has deployed it`;
}
