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
  checks: [
    onObjects(
      (object) => object.patch,
      (_, report) => report.violation("", "patches an object of somebody else"),
    ),
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
