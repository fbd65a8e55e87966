/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/workloads/pods/#pod-templates
 */
import { onObjects, type KubernetesObject } from "../kubernetes";
import type { Report, Rule } from "../rule";
import { isKnownGroup } from "../scopes";
import { decoded } from "../secrets";
import { asArray, eachEntry, eachItem, guarded, isAbsent, isObject, type Plain } from "../values";

// Lists of containers by their usual names, in whatever kind. Sources: core/v1 PodSpec; tekton.dev Task; argoproj.io
const lists = ["containers", "initContainers", "ephemeralContainers", "sidecars", "steps", "extraContainers"];
// One container in the place of a list.
const single = ["container", "script", "podSpecPatch"];
// What an object has beside its kind; a reference has a name only.
const bodies = ["metadata", "spec", "data", "stringData", "rules", "roleRef", "subjects", "template", "webhooks"];
const containerFields = ["image", "command", "args", "securityContext", "volumeMounts", "envFrom"];
const podFields = ["hostNetwork", "hostPID", "hostIPC", "serviceAccountName", "restartPolicy", "volumes"];

/** As deep as an object of Kubernetes' may be nested and more; a schema of a kind is the deepest of them. */
const deepest = 32;

// What Kubernetes' own kinds may hold is known, and other rules read it; the operator of Prometheus has kinds of its own.
const mayHold = ({ group }: KubernetesObject): boolean => !isKnownGroup(group) || group === "monitoring.coreos.com";

export const objectEmbedded: Rule = {
  name: "object-embedded",
  description: "No object carries a pod or another object inside, from which somebody's operator would make it.",
  severity: "critical",
  remediation: "Write the pod as a workload of Kubernetes' own, or name the object in this rule's `except`.",
  url: "https://kubernetes.io/docs/concepts/workloads/pods/#pod-templates",
  checks: [
    onObjects(mayHold, (object, report) => {
      for (const field of Object.keys(object.props)) {
        if (field === "metadata" || field === "status") continue;
        guarded(report, () => lookAt(object.props[field], `${prefix(object)}${field}`, report, 0));
      }
    }),
  ],
};

const prefix = ({ path }: KubernetesObject): string => (path === "" ? "" : `${path}.`);

function lookAt(value: unknown, path: string, report: Report, depth: number): void {
  if (depth > deepest) return report.violation(path, "is nested too deep to be read");
  if (Array.isArray(value)) return eachItem(value, path, report, (item, at) => lookAt(item, at, report, depth + 1));
  if (typeof value === "string") return lookAtText(value, path, report);
  if (!isObject(value)) return;
  if (isManifest(value)) return report.violation(path, "is an object inside of an object");
  if (value["type"] === "kubernetes.io/service-account-token")
    return report.violation(path, "has an operator make a token that lives for ever");
  if (isPod(value)) return report.violation(path, "is a pod inside of an object");
  if (isBeyond(value)) return report.violation(path, "asks for rights on the node inside of an object");
  eachEntry(value, path, report, (inner, at) => lookAt(inner, at, report, depth + 1));
}

/** A manifest as text: YAML or JSON, also in base64. What a person reads of Kubernetes names a kind, but not in this form. */
function lookAtText(value: string, path: string, report: Report): void {
  if (value.length < shortestManifest) return;
  const hidden = decoded(value);
  if ([value, ...(hidden === undefined ? [] : [hidden])].some(isManifestText))
    report.violation(path, "is an object as text inside of an object");
}

const shortestManifest = 24;
const field = (name: string, value: string): RegExp =>
  new RegExp(`(^|[{,])[\\s"'-]{0,40}${name}["']?\\s{0,4}:\\s{0,4}["']?${value}`, "m");
const [version, kind] = [field("apiVersion", "[\\w./-]+"), field("kind", "[A-Z]\\w+")];
const isManifestText = (text: string): boolean => version.test(text) && kind.test(text);

/** What only a pod has, under whatever name its containers and volumes stand. */
function isBeyond(value: Plain): boolean {
  const { securityContext, hostPath } = value;
  if (isObject(hostPath) && typeof hostPath["path"] === "string") return true;
  if (!isObject(securityContext)) return false;
  const { privileged, allowPrivilegeEscalation, capabilities, runAsUser, procMount } = securityContext;
  const added = isObject(capabilities) ? asArray(capabilities["add"]) : [];
  return (
    privileged === true ||
    allowPrivilegeEscalation === true ||
    runAsUser === 0 ||
    procMount === "Unmasked" ||
    added.length > 0
  );
}

function isManifest(value: Plain): boolean {
  if (typeof value["apiVersion"] !== "string" || typeof value["kind"] !== "string") return false;
  return bodies.some((field) => isObject(value[field]) || Array.isArray(value[field]));
}

function isPod(value: Plain): boolean {
  const has = (field: string): boolean => Object.hasOwn(value, field);
  if (lists.some((field) => has(field) && asArray(value[field]).some(isContainer))) return true;
  if (single.some((field) => has(field) && isContainer(value[field]))) return true;
  return (
    ["hostNetwork", "hostPID", "hostIPC"].some((field) => has(field) && value[field] === true) &&
    podFields.filter(has).length > 0
  );
}

function isContainer(value: unknown): boolean {
  if (!isObject(value)) return false;
  return containerFields.some((field) => !isAbsent(value[field]));
}
