/**
 * @severity medium
 * @link https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
 */
import { isKind, namespaceOf, objectsOf, pathIn, selects, type KubernetesObject } from "../../kubernetes";
import { podOf } from "../../pods";
import type { StackRule } from "../../rule";
import { asArray, asObject, at, texts } from "../../values";
import { isWorkload, type Workload } from "./workload";

/**
 * Without it nobody notices that a collector drops lines.
 *
 * @param canary has to be scraped too, where there is one: its metrics are all it is for
 */
export function podMonitorSelects(collector: Workload, canary?: Workload): StackRule {
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

function portNames(set: KubernetesObject): string[] {
  const containers = asArray(podOf(set)?.spec["containers"]);
  return containers.flatMap((container) => asArray(at(container, "ports")).map((port) => String(at(port, "name"))));
}
