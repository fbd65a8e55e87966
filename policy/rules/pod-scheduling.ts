/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
import { isKind } from "../kubernetes";
import { onPods, type PodRef } from "../pods";
import type { Rule } from "../rule";
import { asObject, at, eachItem, fieldPath, isAbsent, text } from "../values";

// Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
const controlPlane = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

const ontoControlPlane = "lets the pod onto the control plane, beside etcd and the API server's keys";

export const podScheduling: Rule = {
  name: "pod-scheduling",
  description: "The scheduler puts pods on nodes, and only a DaemonSet is for all of them.",
  severity: "medium",
  remediation: "Leave the node to the scheduler: nodeSelector or affinity say which ones are meant.",
  url: "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
  checks: [
    onPods((pod, report) => {
      const { nodeName } = pod.spec;
      if (!isAbsent(nodeName) && nodeName !== "")
        report.violation(`${pod.path}.nodeName`, "puts the pod on a node past the scheduler, and past its taints");
    }),
    onPods((pod, report) => {
      const { schedulerName } = pod.spec;
      if (!isAbsent(schedulerName) && !["", "default-scheduler"].includes(text(schedulerName)))
        report.violation(`${pod.path}.schedulerName`, "has another scheduler choose the node, by rules of its own");
    }),
    onPods((pod, report) => {
      if (isDaemon(pod)) return;
      eachItem(pod.spec["tolerations"], `${pod.path}.tolerations`, report, (item, path) => {
        const { key, operator } = asObject(item);
        if (text(operator) === "Exists" && text(key) === "")
          report.violation(path, "tolerates every taint, that of the control plane among them", "Name the taint.");
        else if (controlPlane.includes(text(key))) report.violation(path, ontoControlPlane);
      });
    }),
    // Some clusters have no taint there: what asks for these nodes gets onto them.
    onPods((pod, report) => {
      if (isDaemon(pod)) return;
      for (const key of Object.keys(asObject(pod.spec["nodeSelector"])))
        if (controlPlane.includes(key)) report.violation(fieldPath(`${pod.path}.nodeSelector`, key), ontoControlPlane);
    }),
    onPods((pod, report) => {
      if (isDaemon(pod)) return;
      const way = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
      eachItem(at(pod.spec, ...way), `${pod.path}.${way.join(".")}`, report, (term, path) =>
        eachItem(asObject(term)["matchExpressions"], `${path}.matchExpressions`, report, (item, itemPath) => {
          const { key, operator } = asObject(item);
          if (controlPlane.includes(text(key)) && ["Exists", "In"].includes(text(operator)))
            report.violation(itemPath, ontoControlPlane);
        }),
      );
    }),
  ],
};

const isDaemon = ({ object }: PodRef): boolean =>
  isKind(object, "apps", "DaemonSet") || isKind(object, "extensions", "DaemonSet");
