import type { Settings } from "../../../../settings/schema";
import type { Shape } from "../../../shape";

/**
 * Nodes that are no machines, by the labels that their makers give them. Sources: docs.aws.amazon.com/eks, Fargate;
 * virtual-kubelet/virtual-kubelet, node.go; microsoft/virtualnodesOnAzureContainerInstances; docs.liqo.io; cloud.tencent.com
 */
const virtual: Shape[] = [
  { key: "eks.amazonaws.com/compute-type", operator: "NotIn", values: ["fargate"] },
  { key: "type", operator: "NotIn", values: ["virtual-kubelet"] },
  { key: "virtualization", operator: "NotIn", values: ["virtualnode2"] },
  { key: "liqo.io/type", operator: "NotIn", values: ["virtual-node"] },
  { key: "node.kubernetes.io/instance-type", operator: "NotIn", values: ["eklet"] },
];

/** Which nodes a pod goes to: every Linux node whatever taint it has, unless the settings say otherwise. */
export function nodesOf({ pod }: Settings): Record<string, Shape> {
  const required: Shape[] = [
    ...(pod.virtualNodes === "exclude" ? virtual : []),
    ...pod.nodeAffinity.map(({ key, operator, values }): Shape =>
      values.length === 0 ? { key, operator } : { key, operator, values },
    ),
  ];
  const terms = [{ matchExpressions: required }];
  return {
    nodeSelector: { "kubernetes.io/os": "linux" },
    ...(required.length > 0 && {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
    }),
    tolerations: pod.tolerations.map((one): Shape => Object.fromEntries(Object.entries(one))),
  };
}
