/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/api-server-bypass-risks/
 */
import { farReaching, makers } from "../kinds";
import { namespaceOf, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import type { Rule } from "../rule";
import { isClusterScoped, isKnownGroup } from "../scopes";

// Each of these has rules of its own that read what is in it; an IngressClass only names who serves it.
const readByOthers = ["Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "IngressClass"];

/** What is wrong with an object of this kind, whatever is in it; undefined where its fields decide. */
function problemOf(object: KubernetesObject): string | undefined {
  const { group, kind } = object;
  const reach = Object.hasOwn(farReaching, group) ? farReaching[group] : undefined;
  if (reach !== undefined && Object.hasOwn(reach, kind)) return reach[kind];
  const made = Object.hasOwn(makers, group) ? makers[group] : undefined;
  if (made !== undefined && (made.includes("*") || made.includes(kind)))
    return "has an operator make objects that are not in the program";
  if (isClusterScoped(object) && !readByOthers.includes(kind)) return "is the whole cluster's";
  return undefined;
}

export const kindAllowed: Rule = {
  name: "kind-allowed",
  description: "No object decides about more than its own namespace, or has others made of it, unless it is named.",
  severity: "critical",
  remediation: "Leave it to whoever runs the cluster, or name it in this rule's `except` with the reason.",
  url: "https://kubernetes.io/docs/concepts/security/api-server-bypass-risks/",
  checks: [
    onObjects(
      () => true,
      (object, report) => {
        const problem = problemOf(object);
        if (problem !== undefined) report.violation(object.path, problem);
      },
    ),
    // Nothing here knows whether a custom kind has a namespace: what names none is the whole cluster's, or lies wherever
    // the provider has its default.
    onObjects(
      (object) => !isKnownGroup(object.group) && problemOf(object) === undefined,
      (object, report) => {
        if (namespaceOf(object) === "" && !isOwnProvidersNamespace(object))
          report.violation(
            pathIn(object, "metadata", "namespace"),
            "is missing in a custom kind, which may be the whole cluster's",
            "Write the namespace, or name the object in this rule's `except`.",
          );
      },
    ),
  ],
};

const isOwnProvidersNamespace = ({ resource }: KubernetesObject): boolean =>
  typeof resource.provider?.props?.["namespace"] === "string";
