/**
 * @severity high
 * @link https://grafana.com/docs/alloy/latest/set-up/install/kubernetes/
 */
import { onContainers } from "../../pods";
import type { ResourceRule } from "../../rule";

/** Every container of the stack runs the configured image, so that one setting says what runs on the nodes. */
export function collectorImage(image: string): ResourceRule {
  return {
    name: "alloy-image",
    description: "Every container runs the image that the stack's settings name.",
    severity: "high",
    remediation: "Change alloy:image instead.",
    url: "https://grafana.com/docs/alloy/latest/set-up/install/kubernetes/",
    checks: [
      onContainers(({ container, path }, report) => {
        if (container["image"] !== image) report.violation(`${path}.image`, "is not the image of alloy:image");
      }),
    ],
  };
}
