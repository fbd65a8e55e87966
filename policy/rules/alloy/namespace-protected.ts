/**
 * @severity medium
 * @link https://www.pulumi.com/docs/iac/concepts/options/protect/
 */
import { isKind, onObjects } from "../../kubernetes";
import type { ResourceRule } from "../../rule";

/** Deleting a namespace deletes what everybody has in it. */
export const namespaceProtected: ResourceRule = {
  name: "alloy-namespace-protected",
  description: "The namespace of a production stack cannot be deleted by a mistake in it.",
  severity: "medium",
  remediation: "Set the option protect: true.",
  url: "https://www.pulumi.com/docs/iac/concepts/options/protect/",
  enforcement: { staging: "disabled", local: "disabled" },
  checks: [
    onObjects(
      (object) => isKind(object, "", "Namespace"),
      (object, report) => {
        if (!object.resource.opts.protect) report.violation("", "is not protected");
      },
    ),
  ],
};
