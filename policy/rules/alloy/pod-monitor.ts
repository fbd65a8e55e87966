/**
 * @severity medium
 * @link https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
 */
import { isKind, nameOf, namespaceOf, objectsOf, pathIn, selects, type KubernetesObject } from "../../kubernetes";
import { podOf } from "../../pods";
import type { StackRule } from "../../rule";
import { asArray, asObject, at, texts } from "../../values";
import type { Collector } from "./one-collector";

/** Without it nobody notices that a collector drops lines. */
export function podMonitorSelects({ namespace, daemonSet }: Collector): StackRule {
  return {
    name: "alloy-pod-monitor",
    description: "A PodMonitor selects the collector's pods and scrapes a port that they have.",
    severity: "medium",
    remediation: "Make the PodMonitor's selector, namespace and port those of the DaemonSet.",
    url: "https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor",
    stackCheck: (resources, reportOn) => {
      const objects = objectsOf(resources, reportOn);
      const collector = objects.find(
        (object) =>
          isKind(object, "apps", "DaemonSet") && nameOf(object) === daemonSet && namespaceOf(object) === namespace,
      );
      // Rule alloy-one-collector says that there is none.
      if (collector === undefined) return;
      const monitors = objects.filter((object) => isKind(object, "monitoring.coreos.com", "PodMonitor"));
      if (monitors.length === 0) {
        reportOn(collector.resource).violation("", "is scraped by no PodMonitor of this stack");
        return;
      }
      const labels = asObject(podOf(collector)?.metadata()["labels"]);
      const selecting = monitors.filter(
        (monitor) => looksInto(monitor, namespace) && selects(at(monitor.props, "spec", "selector"), labels),
      );
      for (const monitor of monitors.filter((one) => !selecting.includes(one)))
        reportOn(monitor.resource).violation(
          pathIn(monitor, "spec", "selector"),
          "does not select the collector's pods",
        );
      for (const monitor of selecting) {
        const ports = portNames(collector);
        const endpoints = asArray(at(monitor.props, "spec", "podMetricsEndpoints"));
        const path = pathIn(monitor, "spec", "podMetricsEndpoints");
        if (!endpoints.some((endpoint) => ports.includes(String(at(endpoint, "port")))))
          reportOn(monitor.resource).violation(path, "names no port of the collector");
      }
    },
  };
}

function looksInto(monitor: KubernetesObject, namespace: string): boolean {
  const selector = asObject(at(monitor.props, "spec", "namespaceSelector"));
  const names = texts(selector["matchNames"]);
  if (selector["any"] === true || names.includes(namespace)) return true;
  return names.length === 0 && namespaceOf(monitor) === namespace;
}

function portNames(collector: KubernetesObject): string[] {
  const containers = asArray(podOf(collector)?.spec["containers"]);
  return containers.flatMap((container) => asArray(at(container, "ports")).map((port) => String(at(port, "name"))));
}
