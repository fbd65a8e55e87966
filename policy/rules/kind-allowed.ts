/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/api-server-bypass-risks/
 */
import { farReaching, makers, ruling } from "../kinds";
import { isKnownKind } from "../known-kinds";
import { isKind, namespaceOf, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import type { Rule } from "../rule";
import { isClusterScoped, isKnownGroup } from "../scopes";
import { asObject, at, eachItem, texts } from "../values";

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
  if (Object.hasOwn(ruling, group)) return ruling[group];
  if (isClusterScoped(object) && !readByOthers.includes(kind)) return "is the whole cluster's";
  return undefined;
}

const isOfAnUnknownKind = (object: KubernetesObject): boolean =>
  !isKnownGroup(object.group) && !isKnownKind(object) && problemOf(object) === undefined;

export const kindAllowed: Rule = {
  name: "kind-allowed",
  description: "No object decides about more than its own namespace, or has others made of it, unless it is named.",
  severity: "critical",
  remediation: "Leave it to whoever runs the cluster, or name it in this rule's `except` with the reason.",
  url: "https://kubernetes.io/docs/concepts/security/api-server-bypass-risks/",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "Custom kinds of your own that have a namespace, such as example.com/App. Default: none.",
      },
    },
  },
  defaults: { allowed: [] },
  checks: [
    onObjects(
      () => true,
      (object, report) => {
        const problem = problemOf(object);
        if (problem !== undefined) report.violation(object.path, problem);
      },
    ),
    // Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#admin-access
    onObjects(
      (object) => isKind(object, "resource.k8s.io", "ResourceClaim", "ResourceClaimTemplate"),
      (object, report) => {
        const inTemplate = object.kind === "ResourceClaim" ? [] : ["spec"];
        const way = [...inTemplate, "spec", "devices", "requests"];
        eachItem(at(object.props, ...way), pathIn(object, ...way), report, (item, path) => {
          for (const [place, request] of [
            ["", item],
            [".exactly", at(item, "exactly")],
          ] as const)
            if (asObject(request)["adminAccess"] === true)
              report.violation(`${path}${place}.adminAccess`, "opens devices that other pods use");
        });
      },
    ),
    // A namespace that is written into a kind without one is dropped: only a list of kinds tells which have one.
    onObjects(isOfAnUnknownKind, (object, report, config) => {
      if (!texts(config["allowed"]).includes(`${object.group}/${object.kind}`))
        report.violation(
          pathIn(object, "kind"),
          "is a kind that the pack does not know: it may be the whole cluster's, and an operator may make anything of it",
          `List ${object.group}/${object.kind} in this rule's \`allowed\`, or name the object in its \`except\`.`,
        );
    }),
    // What names no namespace lies wherever the provider has its default.
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
