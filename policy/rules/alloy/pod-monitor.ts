/**
 * @severity medium
 * @link https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
 */
import { isDeepStrictEqual } from "node:util";

import { isKind, namespaceOf, objectsOf, pathIn, selects, type KubernetesObject } from "../../kubernetes";
import { podOf } from "../../pods";
import type { Report, StackRule } from "../../rule";
import { asArray, asObject, at, eachItem, text, texts } from "../../values";
import { isWorkload, type Workload } from "./workload";

/**
 * Without it nobody notices that a collector drops lines.
 *
 * @param canary has to be scraped too, where there is one: its metrics are all it is for
<<<<<<< HEAD
 * @param needed the metrics that alerts read: a monitor may keep by name, if it keeps these. Left out: it keeps all
 */
export function podMonitorSelects(collector: Workload, canary?: Workload, needed?: readonly string[]): StackRule {
=======
 * @param needed the metrics that the stack's alerts read: a list of what is kept may leave out others, but none of these
 */
export function podMonitorSelects(collector: Workload, canary?: Workload, needed: readonly string[] = []): StackRule {
>>>>>>> p18
  return {
    name: "alloy-pod-monitor",
    description: "A PodMonitor selects the collector's pods and scrapes a port that they have.",
    severity: "medium",
    remediation: "Make the PodMonitor's selector, namespace and port those of the DaemonSet.",
    url: "https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor",
    stackCheck: (resources, reportOn) => {
      const objects = objectsOf(resources, reportOn);
      // Rule alloy-one-collector says where one is missing.
      const found = [collector, ...(canary === undefined ? [] : [canary])].flatMap(
        (workload) => objects.find((object) => isWorkload(object, workload)) ?? [],
      );
      if (found.length === 0) return;
      const monitors = objects.filter((object) => isKind(object, "monitoring.coreos.com", "PodMonitor"));
      const selected = new Set<KubernetesObject>();
      for (const set of found) {
        const selecting = monitors.filter((monitor) => isSelecting(monitor, set));
        for (const monitor of selecting) selected.add(monitor);
        if (selecting.length === 0) reportOn(set.resource).violation("", "is scraped by no PodMonitor of this stack");
        for (const monitor of selecting) {
          const ports = portNames(set);
          const endpoints = asArray(at(monitor.props, "spec", "podMetricsEndpoints"));
          const path = pathIn(monitor, "spec", "podMetricsEndpoints");
          if (!endpoints.some((endpoint) => ports.includes(String(at(endpoint, "port")))))
            reportOn(monitor.resource).violation(path, "names no port of the collector");
        }
        for (const monitor of selecting) lookForMore(monitor, namespaceOf(set), needed, reportOn(monitor.resource));
      }
      for (const monitor of monitors.filter((one) => !selected.has(one)))
        reportOn(monitor.resource).violation(
          pathIn(monitor, "spec", "selector"),
          "does not select the collector's pods",
        );
    },
  };
}

function isSelecting(monitor: KubernetesObject, set: KubernetesObject): boolean {
  const labels = asObject(podOf(set)?.metadata()["labels"]);
  return looksInto(monitor, namespaceOf(set)) && selects(at(monitor.props, "spec", "selector"), labels);
}

function looksInto(monitor: KubernetesObject, namespace: string): boolean {
  const selector = asObject(at(monitor.props, "spec", "namespaceSelector"));
  const names = texts(selector["matchNames"]);
  if (selector["any"] === true || names.includes(namespace)) return true;
  return names.length === 0 && namespaceOf(monitor) === namespace;
}

/** A monitor that takes in the pods of others names their series as this stack's; one that drops some hides a fault. */
function lookForMore(
  monitor: KubernetesObject,
  namespace: string,
  needed: readonly string[] | undefined,
  report: Report,
): void {
  const path = pathIn(monitor, "spec", "namespaceSelector");
  const { any, matchNames } = asObject(at(monitor.props, "spec", "namespaceSelector"));
  if (any === true) report.violation(`${path}.any`, "takes in the pods of every namespace");
  else if (texts(matchNames).some((name) => name !== namespace))
    report.violation(`${path}.matchNames`, "takes in the pods of another namespace");
  const { matchLabels, matchExpressions } = asObject(at(monitor.props, "spec", "selector"));
  if (Object.keys(asObject(matchLabels)).length === 0 && asArray(matchExpressions).length === 0)
    report.violation(pathIn(monitor, "spec", "selector"), "takes in every pod of the namespace");
  const endpoints = pathIn(monitor, "spec", "podMetricsEndpoints");
  eachItem(at(monitor.props, "spec", "podMetricsEndpoints"), endpoints, report, (endpoint, endpointPath) => {
    for (const field of ["relabelings", "metricRelabelings"])
      eachItem(at(endpoint, field), `${endpointPath}.${field}`, report, (step, stepPath) => {
<<<<<<< HEAD
        if (
          /^(drop|keep|dropequal|keepequal|labeldrop|labelkeep)$/i.test(text(at(step, "action"))) &&
          !(field === "metricRelabelings" && keepsAll(needed, step))
        )
=======
        if (!leavesOut(step)) return;
        if (field !== "metricRelabelings" || !keepsAll(step, needed))
>>>>>>> p18
          report.violation(stepPath, "leaves samples out, and with them the alarms that look for them");
      });
  });
}

/** Whether a step keeps metrics by their names alone, and each that alerts read is among them. */
function keepsAll(needed: readonly string[] | undefined, step: unknown): boolean {
  if (needed === undefined) return false;
  const { action, sourceLabels, regex, ...others } = asObject(step);
  const isByName = action === "keep" && isDeepStrictEqual(Array.from(asArray(sourceLabels)), ["__name__"]);
  const names = text(regex).split("|");
  return isByName && Object.keys(others).length === 0 && needed.every((name) => names.includes(name));
}

function portNames(set: KubernetesObject): string[] {
  const containers = asArray(podOf(set)?.spec["containers"]);
  return containers.flatMap((container) => asArray(at(container, "ports")).map((port) => String(at(port, "name"))));
}
