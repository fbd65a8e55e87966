import type * as k8s from "@pulumi/kubernetes";

import { virtualNodeLabels } from "../../settings/pod/nodes";
import type { Settings } from "../../settings/schema";

type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Which nodes a pod of the settings goes to, as a part of its spec: the collectors' and the canary's. */
export function nodeChoice({ pod }: Pick<Settings, "pod">): Pick<PodSpec, "nodeSelector" | "affinity" | "tolerations"> {
  const virtual = pod.virtualNodes === "exclude" ? virtualNodeLabels : [];
  const requirements = [
    // A node without the label fulfils it.
    ...virtual.map(({ key, values }) => ({ key, operator: "NotIn", values: [...values] })),
    ...pod.nodeAffinity.map(({ key, operator, values }) => ({
      key,
      operator,
      ...(values.length > 0 && { values: [...values] }),
    })),
  ];
  return {
    nodeSelector: { "kubernetes.io/os": "linux" },
    ...(requirements.length > 0 && {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: requirements }] },
        },
      },
    }),
    // The default is every taint, the control plane's and those of a team's own included: each node has logs.
    ...(pod.tolerations.length > 0 && { tolerations: pod.tolerations.map((one) => ({ ...one })) }),
  };
}
