/**
 * @severity high
 * @link https://github.com/grafana/alloy/issues/4787
 */
import { objectsOf, type KubernetesObject } from "../../kubernetes";
import { eachContainer, podOf, type Position } from "../../pods";
import type { Report, StackRule } from "../../rule";
import { isWorkload, type Workload } from "./workload";

/**
 * Two collectors on a node deliver every line twice; none of them loses it all. Either looks well from outside.
 *
 * @param canary the one other workload that may be there, and then has to be; nothing else where it is left out
 * @param initContainers how many init containers its pods may have at most
 */
export function oneCollector(collector: Workload, canary?: Workload, initContainers = 1): StackRule {
  return {
    name: "alloy-one-collector",
    description: "The stack runs one collector a node, the canary where it is asked for, and nothing else.",
    severity: "high",
    remediation: "Keep exactly these DaemonSets: another workload belongs to a stack of its own.",
    url: "https://github.com/grafana/alloy/issues/4787",
    stackCheck: (resources, reportOn) => {
      const workloads = objectsOf(resources, reportOn).filter((object) => podOf(object) !== undefined);
      const ours = workloads.filter((one) => isWorkload(one, collector));
      const canaries = workloads.filter((one) => canary !== undefined && isWorkload(one, canary));
      if (ours.length === 0) reportOn(undefined).violation("", "has no DaemonSet of the collector");
      if (canary !== undefined && canaries.length === 0)
        reportOn(undefined).violation("", "has no DaemonSet of the canary, which alloy:canary asks for");
      const expected = [...ours.slice(0, 1), ...canaries.slice(0, 1)];
      for (const workload of expected) lookForOthers(workload, initContainers, reportOn(workload.resource));
      for (const workload of workloads.filter((one) => !expected.includes(one)))
        reportOn(workload.resource).violation("", "runs pods beside the collector");
    },
  };
}

/** One container, and before it at most those that prepare the storage and look for rotated logs. */
function lookForOthers(workload: KubernetesObject, initContainers: number, report: Report): void {
  const mostOf: Readonly<Record<Position, number>> = { initContainers, containers: 1, ephemeralContainers: 0 };
  const pod = podOf(workload);
  if (pod === undefined) return;
  eachContainer(pod, report, ({ position, index, path }) => {
    if (index >= mostOf[position])
      report.violation(path, "runs beside the collector, in reach of its storage, its network and its credential");
  });
}
