/**
 * @severity high
 * @link https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
import { onObjects } from "../kubernetes";
import type { Rule } from "../rule";

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
  ],
};
