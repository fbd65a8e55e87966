/**
 * @severity high
 * @link https://github.com/grafana/alloy/issues/4787
 */
import { isKind, nameOf, namespaceOf, objectsOf } from "../../kubernetes";
import { podOf } from "../../pods";
import type { StackRule } from "../../rule";

/** The collector and where it runs. */
export interface Collector {
  namespace: string;
  daemonSet: string;
}

/** Two collectors on a node deliver every line twice; none of them loses it all. Either looks well from outside. */
export function oneCollector({ namespace, daemonSet }: Collector): StackRule {
  return {
    name: "alloy-one-collector",
    description: "The stack runs one collector a node, and nothing else.",
    severity: "high",
    remediation: "Keep exactly the one DaemonSet: a second workload belongs to a stack of its own.",
    url: "https://github.com/grafana/alloy/issues/4787",
    stackCheck: (resources, reportOn) => {
      const workloads = objectsOf(resources, reportOn).filter((object) => podOf(object) !== undefined);
      const isOurs = (object: (typeof workloads)[number]): boolean =>
        isKind(object, "apps", "DaemonSet") && nameOf(object) === daemonSet && namespaceOf(object) === namespace;
      const ours = workloads.filter(isOurs);
      if (ours.length === 0) reportOn(undefined).violation("", "has no DaemonSet of the collector");
      for (const workload of [...workloads.filter((one) => !isOurs(one)), ...ours.slice(1)])
        reportOn(workload.resource).violation("", "runs pods beside the collector");
    },
  };
}
