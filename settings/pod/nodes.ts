import { z } from "zod";

import * as field from "../fields";
import { shown } from "../fields/wording";
import { ifValid, refuse } from "../cross-field-check";

/** Which nodes get a collector. */

const value = z.union([field.labelValue, z.literal("")]);

const toleration = z
  .strictObject({
    key: field.metadataName.optional().meta({
      takes: "the key of a taint",
      description: "Key of the taint.",
      otherwise: "every taint, with `operator: Exists`",
      ifWrong: "A key that no node has: nothing is tolerated by it.",
    }),
    operator: field.choice(["Exists", "Equal"]).default("Equal").meta({
      description: "`Exists`: whatever the taint's value is. `Equal`: the taint has this value.",
      ifWrong: "`Equal` with another value than the taint's: nothing is tolerated by it.",
    }),
    value: value.optional().meta({
      takes: "a text",
      description: "Value of the taint.",
      otherwise: "no value",
      ifWrong: "Another value than the taint's: nothing is tolerated by it.",
    }),
    effect: field.choice(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional().meta({
      description: "Effect of the taint.",
      otherwise: "every effect",
      ifWrong: "Another effect than the taint's: nothing is tolerated by it.",
    }),
  })
  .superRefine(
    ({ key, operator, value: wanted }, context) => {
      if (key === undefined && operator !== "Exists")
        refuse(context, "key", "is missing", "name the taint, or write operator: Exists for every taint");
      if (operator === "Exists" && wanted !== undefined)
        refuse(context, "value", "has no meaning with operator: Exists", "remove it, or write operator: Equal");
    },
    ifValid(["key"], ["operator"], ["value"]),
  )
  .meta({ description: "A taint that the pods tolerate." });

/** `alloy:pod.tolerations`. */
export const tolerations = z
  .array(toleration)
  .default([{ operator: "Exists" }])
  .meta({
    takes: "a list of tolerations",
    description: "Taints of nodes that get a collector all the same. The default tolerates every taint.",
    ifWrong:
      "Too few: nodes with another taint get no collector, and their lines are not collected. Nothing reports it.",
  });

const requirement = z
  .strictObject({
    key: field.metadataName.meta({
      takes: "the name of a node's label",
      description: "Label of the nodes.",
      ifWrong: "A label that no node has: with `In` or `Exists` no node gets a collector, and `up` says so.",
    }),
    operator: field.choice(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]).meta({
      description: "How the label is compared. A node without the label fulfils `NotIn` and `DoesNotExist`.",
      ifWrong: "The wrong nodes are left out.",
    }),
    values: z.array(value).default([]).meta({
      takes: "a list of texts",
      description: "Values to compare with. `Exists` and `DoesNotExist` take none, `Gt` and `Lt` one whole number.",
      ifWrong: "The wrong nodes are left out.",
    }),
  })
  .superRefine(
    ({ operator, values }, context) => {
      const problem = valuesProblem(operator, values);
      if (problem !== undefined) refuse(context, "values", ...problem);
    },
    ifValid(["operator"], ["values"]),
  )
  .meta({ description: "What a node's label must be." });

function valuesProblem(operator: string, values: readonly string[]): [problem: string, remedy: string] | undefined {
  if (/^(In|NotIn)$/.test(operator))
    return values.length > 0 ? undefined : ["is empty", `write what ${operator} compares with: [value]`];
  if (/^(Gt|Lt)$/.test(operator))
    return values.length === 1 && /^-?\d+$/.test(values[0] ?? "")
      ? undefined
      : [`${shown(values)} is not one whole number`, 'write it in quotes, such as ["4"]'];
  return values.length === 0 ? undefined : [`has no meaning with ${operator}`, "remove it, or write In"];
}

/** `alloy:pod.nodeAffinity`. Source: kubernetes.io, Assigning Pods to Nodes, nodeSelectorTerms, matchExpressions */
export const nodeAffinity = z.array(requirement).default([]).meta({
  takes: "a list of requirements, such as `[{ key: pool, operator: NotIn, values: [spot] }]`",
  description:
    "Which nodes get a collector: those that fulfil all of these. Only nodes with Linux get one, whatever stands here.",
  ifWrong: "Nodes that do not fulfil it get no collector, and their lines are not collected. Nothing reports it.",
});

/** `alloy:pod.virtualNodes`. */
export const virtualNodes = field.choice(["exclude", "include"]).default("exclude").meta({
  description:
    "`exclude`: no pod for nodes that are no machines, where none can run: EKS Fargate, AKS virtual nodes and other virtual-kubelets, Liqo.",
  ifWrong:
    "`include` in a cluster with such nodes: their pods stay Pending, and `up` waits for them until `rollout.timeout`. A preview warns of it.",
});

/**
 * Labels of nodes that are no machines. A DaemonSet's pod that mounts a directory of the node cannot run there, and one
 * that tolerates every taint is created all the same. Sources: docs.aws.amazon.com/eks, Fargate; virtual-kubelet/virtual-kubelet,
 * cmd/virtual-kubelet, node.go; learn.microsoft.com/azure/aks/virtual-nodes; docs.liqo.io; cloud.tencent.com, TKE super nodes
 */
export const virtualNodeLabels: readonly { key: string; values: readonly string[] }[] = [
  { key: "eks.amazonaws.com/compute-type", values: ["fargate"] },
  { key: "type", values: ["virtual-kubelet"] },
  { key: "virtualization", values: ["virtualnode2"] },
  { key: "liqo.io/type", values: ["virtual-node"] },
  { key: "node.kubernetes.io/instance-type", values: ["eklet"] },
];
