import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parseAllDocuments } from "yaml";

import { UserError } from "../../../../kit/user-error";
import type { JsonObject } from "./kube-api";
import type { ToolName, Tools } from "../../toolchain/ensure";

/** Pods with this label are run by the node agent; kwok marks all others as running. */
export const agentPodLabel = { key: "app.kubernetes.io/name", value: "alloy" } as const;

/** A node with this annotation is left alone by kwok: what it says of itself stays. A test's way to a node that is down. */
export const downAnnotation = { key: "sandbox.detectviz.io/down", value: "true" } as const;

/** The tools that a cluster consists of. */
export const clusterTools = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "kwok",
  "kwokctl",
  "kwok-stages",
  "prometheus-operator-crds",
] as const satisfies readonly ToolName[];

/** Where each component listens, by kwokctl's option name. */
export interface ClusterPorts {
  kubeApiserverPort: number;
  etcdPort: number;
  etcdPeerPort: number;
  kubeControllerManagerPort: number;
  kubeSchedulerPort: number;
  kwokControllerPort: number;
}

/** Pods with this PriorityClass are admitted only where a ResourceQuota names it. A test has to create the class. */
export const limitedPriorityClass = "sandbox-limited";

/**
 * The API server's admission: it limits one PriorityClass in the way in which GKE limits system-node-critical. The classes
 * that other pods have are not limited.
 */
export const admissionConfig: JsonObject = {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AdmissionConfiguration",
  plugins: [
    {
      name: "ResourceQuota",
      configuration: {
        apiVersion: "apiserver.config.k8s.io/v1",
        kind: "ResourceQuotaConfiguration",
        limitedResources: [
          {
            resource: "pods",
            matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: [limitedPriorityClass] }],
          },
        ],
      },
    },
  ],
};

/**
 * kwokctl's configuration: every component on 127.0.0.1, none of them downloaded.
 *
 * @param admissionFile the file that holds {@link admissionConfig}
 */
export function kwokctlConfig(
  tools: Pick<Tools, (typeof clusterTools)[number]>,
  ports: ClusterPorts,
  admissionFile: string,
): JsonObject {
  return {
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokctlConfiguration",
    options: {
      runtime: "binary",
      bindAddress: "127.0.0.1",
      ...ports,
      etcdBinary: tools.etcd.path,
      kubeApiserverBinary: tools["kube-apiserver"].path,
      kubeControllerManagerBinary: tools["kube-controller-manager"].path,
      kubeSchedulerBinary: tools["kube-scheduler"].path,
      kubectlBinary: tools.kubectl.path,
      kwokControllerBinary: tools.kwok.path,
      // kwokctl stretches all of these fivefold by default. The lease decides how long kwok leaves its nodes alone after
      // an unclean stop; the grace period is long since this machine may be busy.
      heartbeatFactor: 1,
      nodeLeaseDurationSeconds: 40,
      kubeControllerManagerNodeMonitorGracePeriodMilliseconds: 200_000,
      // Log files, and where a pod's ports really are, are named by objects in the cluster that come and go with the pod.
      enableCRDs: ["Logs", "PortForward"],
    },
    // There is one of each. With an election, one that cannot renew its lease for ten seconds on a busy machine ends
    // ("leaderelection lost"), and nobody starts it again.
    componentsPatches: [
      ...["kube-controller-manager", "kube-scheduler"].map((name) => ({
        name,
        extraArgs: [{ key: "leader-elect", value: "false" }],
      })),
      { name: "kube-apiserver", extraArgs: [{ key: "admission-control-config-file", value: admissionFile }] },
    ],
  };
}

const wantedStages = ["node-initialize", "node-heartbeat-with-lease", "pod-ready", "pod-complete", "pod-delete"];

/** kwok's own stages for nodes and pods, those for pods limited to what the node agent does not run. */
export async function stages(folder: string): Promise<JsonObject[]> {
  const files = (await fs.readdir(folder, { recursive: true })).filter((file) => file.endsWith(".yaml")).sort();
  const found = new Map<string, JsonObject>();
  for (const file of files) {
    // `general` holds slower stages with the same names; test data lies beside.
    if (file.includes("testdata") || file.includes(`general${path.sep}`)) continue;
    for (const document of parseAllDocuments(await fs.readFile(path.join(folder, file), "utf8"))) {
      const object = document.toJS() as JsonObject | null;
      const name = object?.metadata?.name;
      if (object?.kind === "Stage" && name !== undefined && wantedStages.includes(name)) found.set(name, object);
    }
  }
  const missing = wantedStages.filter((name) => !found.has(name));
  if (missing.length > 0) {
    throw UserError.of(
      folder,
      "",
      `kwok's stages ${missing.join(", ")} are not there`,
      "delete the folder, start again",
    );
  }
  return [...found.values()].map(withExceptions);
}

/** The stage, with pods of the node agent and nodes that are down left out of its selector. */
export function withExceptions(stage: JsonObject): JsonObject {
  const spec = stage["spec"] as {
    resourceRef: { kind: string };
    selector?: { matchExpressions?: unknown[] };
  };
  const leaveOut = exceptions[spec.resourceRef.kind];
  if (leaveOut === undefined) return stage;
  return {
    ...stage,
    spec: {
      ...spec,
      selector: { ...spec.selector, matchExpressions: [...(spec.selector?.matchExpressions ?? []), leaveOut] },
    },
  };
}

const exceptions: Record<string, { key: string; operator: "NotIn"; values: string[] }> = {
  Pod: {
    key: `.metadata.labels["${agentPodLabel.key}"]`,
    operator: "NotIn",
    values: [agentPodLabel.value],
  },
  Node: {
    key: `.metadata.annotations["${downAnnotation.key}"]`,
    operator: "NotIn",
    values: [downAnnotation.value],
  },
};
