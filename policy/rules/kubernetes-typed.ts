/**
 * @severity high
 * @link https://www.pulumi.com/registry/packages/kubernetes/
 */
import { eachObject, parseToken } from "../kubernetes";
import type { Rule } from "../rule";
import { isAbsent, text } from "../values";

export const kubernetesTyped: Rule = {
  name: "kubernetes-typed",
  description: "Objects are created one by one, with a type, so that a preview shows them and rules read them.",
  severity: "high",
  remediation: "Write the objects as typed resources of @pulumi/kubernetes.",
  url: "https://www.pulumi.com/registry/packages/kubernetes/",
  checks: [
    (resource, report) => {
      if (/^kubernetes:(helm\.sh|yaml|kustomize)(\/[^:]*)?:/.test(resource.type))
        report.violation("", "creates objects that are not in the program (Helm, YAML or Kustomize)");
      // Another package that calls itself kubernetes, as one made from Terraform's provider does.
      else if (resource.type.startsWith("kubernetes:") && parseToken(resource.type) === undefined)
        report.violation("", "is no type of @pulumi/kubernetes, so no rule can read what it makes");
    },
    (resource, report) => {
      // The provider creates what the properties say, the rules read what the type says.
      const token = parseToken(resource.type);
      if (token === undefined) return;
      const kind = text(resource.props["kind"]);
      if (kind !== "" && kind !== token.kind && `${kind}Patch` !== token.kind)
        report.violation("kind", "is another than the resource's type names", "Use the type of this kind.");
    },
    (resource, report) =>
      eachObject(resource, report, (object) => {
        const apiVersion = object.props["apiVersion"];
        if (isAbsent(apiVersion)) return;
        const own = object.group === "" ? object.version : `${object.group}/${object.version}`;
        if (apiVersion !== own)
          report.violation("apiVersion", "is another than the resource's type names", "Use the type of this version.");
      }),
  ],
};
