/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
import { isKind } from "../kubernetes";
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachItem, isAbsent, text } from "../values";

// Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
const controlPlane = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

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
      if (isKind(pod.object, "apps", "DaemonSet") || isKind(pod.object, "extensions", "DaemonSet")) return;
      eachItem(pod.spec["tolerations"], `${pod.path}.tolerations`, report, (item, path) => {
        const { key, operator } = asObject(item);
        if (text(operator) === "Exists" && text(key) === "")
          report.violation(path, "tolerates every taint, that of the control plane among them", "Name the taint.");
        else if (controlPlane.includes(text(key)))
          report.violation(path, "lets the pod onto the control plane, beside etcd and the API server's keys");
      });
    }),
  ],
};
