/**
 * @severity high
 * @link https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
import { markOf, onObjects, pathIn } from "../kubernetes";
import type { Rule } from "../rule";
import { fieldPath, isAbsent } from "../values";

// A typed resource with it takes an object over, whoever owns its fields.
const force = "pulumi.com/patchForce";

export const kubernetesPatch: Rule = {
  name: "kubernetes-patch",
  description: "No resource changes an object that somebody else owns.",
  severity: "high",
  remediation: "Own the object, or have its owner make the change: a patch is seen in no review of theirs.",
  url: "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/",
  configSchema: {
    properties: {
      takeOver: {
        type: "boolean",
        description: "Let a Kubernetes provider take objects over, for a run that is meant to. Default: false.",
      },
    },
  },
  defaults: { takeOver: false },
  checks: [
    onObjects(
      (object) => object.patch,
      (_, report) => report.violation("", "patches an object of somebody else"),
    ),
    ({ type, props }, report, config) => {
      if (type !== "pulumi:providers:kubernetes" || config["takeOver"] === true) return;
      const value = props["enablePatchForce"];
      if (value === true || value === "true")
        report.violation(
          "enablePatchForce",
          "has this provider take over every object that is there already, by force",
        );
    },
    onObjects(
      () => true,
      (object, report) => {
        const value = markOf(object, "annotations", force);
        if (!isAbsent(value) && value !== "false")
          report.violation(
            fieldPath(pathIn(object, "metadata", "annotations"), force),
            "takes over an object that is there already, by force",
          );
      },
    ),
  ],
};
