/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/workloads/pods/
 */
import { onObjects, pathIn } from "../kubernetes";
import { onPods, positions } from "../pods";
import { isBinding, isRole, onRoleRules } from "../rbac";
import type { Report, Rule } from "../rule";
import { eachItem, isAbsent, isObject } from "../values";

function lookAtList(value: unknown, path: string, report: Report): void {
  if (isAbsent(value)) return;
  if (!Array.isArray(value)) report.violation(path, "is no list");
  eachItem(value, path, report, (item, itemPath) => {
    if (!isObject(item)) report.violation(itemPath, "is no object");
  });
}

const ruleLists = ["apiGroups", "resources", "verbs", "nonResourceURLs", "resourceNames"];

function lookAtTexts(value: unknown, path: string, report: Report): void {
  if (isAbsent(value)) return;
  if (!Array.isArray(value)) report.violation(path, "is no list");
  eachItem(value, path, report, (item, itemPath) => {
    if (typeof item !== "string") report.violation(itemPath, "is no text");
  });
}

const podLists = [...positions, "volumes"];
const containerLists = ["env", "envFrom", "ports", "volumeMounts"];

/**
 * What another rule cannot read it cannot refuse: this one makes sure that the lists are lists. A pod without a
 * container would pass every rule about containers.
 */
export const workloadReadable: Rule = {
  name: "workload-readable",
  description: "Pods, roles and bindings have the shape that the other rules read.",
  severity: "high",
  remediation: "Write it as the Kubernetes API describes it.",
  url: "https://kubernetes.io/docs/concepts/workloads/pods/",
  checks: [
    onPods((pod, report) => {
      if (pod.object.patch) return;
      const { containers } = pod.spec;
      if (!Array.isArray(containers) || containers.length === 0)
        report.violation(`${pod.path}.containers`, "names no container");
    }),
    ...podLists.map((field) => onPods((pod, report) => lookAtList(pod.spec[field], `${pod.path}.${field}`, report))),
    ...positions.flatMap((position) =>
      containerLists.map((field) =>
        onPods((pod, report) =>
          eachItem(pod.spec[position], `${pod.path}.${position}`, report, (item, path) => {
            if (isObject(item)) lookAtList(item[field], `${path}.${field}`, report);
          }),
        ),
      ),
    ),
    onPods((pod, report) => {
      const { securityContext } = pod.spec;
      if (!isAbsent(securityContext) && !isObject(securityContext))
        report.violation(`${pod.path}.securityContext`, "is no object");
    }),
    onObjects(isRole, (object, report) => lookAtList(object.props["rules"], pathIn(object, "rules"), report)),
    ...ruleLists.map((field) =>
      onRoleRules((rule, path, report) => lookAtTexts(rule[field], `${path}.${field}`, report)),
    ),
    onObjects(isBinding, (object, report) => lookAtList(object.props["subjects"], pathIn(object, "subjects"), report)),
  ],
};
