/**
 * @severity high
 * @link https://grafana.com/docs/alloy/latest/set-up/install/kubernetes/
 */
import { onContainers, onPods } from "../../pods";
import type { ResourceRule } from "../../rule";
import { asObject, eachItem, isAbsent } from "../../values";
import { isWorkload, type CanaryWorkload } from "./workload";

/** Every container of the stack runs the configured image, so that one setting says what runs on the nodes. */
export function collectorImage(image: string, canary?: CanaryWorkload): ResourceRule {
  return {
    name: "alloy-image",
    description: "Every container runs the image that the stack's settings name.",
    severity: "high",
    remediation: "Change alloy:image, or alloy:canary.image, instead.",
    url: "https://grafana.com/docs/alloy/latest/set-up/install/kubernetes/",
    checks: [
      onContainers(({ pod, container, path }, report) => {
        const isCanary = canary !== undefined && isWorkload(pod.object, canary);
        if (container["image"] !== (isCanary ? canary.image : image))
          report.violation(`${path}.image`, `is not the image of ${isCanary ? "alloy:canary.image" : "alloy:image"}`);
      }),
      // Whatever is in it, its files are then in the collector's pod.
      onPods((pod, report) =>
        eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
          if (!isAbsent(asObject(item)["image"]))
            report.violation(`${path}.image`, "mounts the files of another image");
        }),
      ),
    ],
  };
}
