import type { ReplaceRule } from "../diff";
import type { PathStep } from "../../../../kit/property-path";
import type { PropertyMap } from "../values";
import type { Gvk } from "./kinds";
import { apiVersionOf } from "./kinds";

/** Which of the plugin's options lift the rule that data needs a new object. */
export interface Mutability {
  configMap: boolean;
  secret: boolean;
}

/**
 * Fields that the server will not change, by kind (`forceNew` in the official plugin's diff.go). A change of one of
 * them, or of anything below it, replaces the object. `*` stands for an index.
 */
const IMMUTABLE: Record<string, string[][]> = {
  "apps/v1/DaemonSet": [["spec", "selector"]],
  "apps/v1/Deployment": [["spec", "selector"]],
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": [["roleRef"]],
  "rbac.authorization.k8s.io/v1/RoleBinding": [["roleRef"]],
  "v1/Service": [["spec", "clusterIP"]],
  "v1/Secret": [["type"]],
  "v1/Pod": [
    ...[
      "affinity",
      "automountServiceAccountToken",
      "dnsConfig",
      "dnsPolicy",
      "hostIPC",
      "hostNetwork",
      "hostPID",
      "hostname",
      "imagePullSecrets",
      "nodeName",
      "nodeSelector",
      "priorityClassName",
      "restartPolicy",
      "runtimeClassName",
      "schedulerName",
      "securityContext",
      "serviceAccountName",
      "subdomain",
      "terminationGracePeriodSeconds",
      "volumes",
    ].map((field) => ["spec", field]),
    ...["containers", "initContainers"].flatMap((list) =>
      [
        "args",
        "command",
        "env",
        "image",
        "imagePullPolicy",
        "lifecycle",
        "livenessProbe",
        "ports",
        "readinessProbe",
        "resources",
        "securityContext",
        "volumeMounts",
        "workingDir",
      ].map((field) => ["spec", list, "*", field]),
    ),
  ],
};

/** The rule for one object. */
export function replaceRule(gvk: Gvk, object: PropertyMap, mutable: Mutability): ReplaceRule {
  const kind = `${apiVersionOf(gvk)}/${gvk.kind}`;
  const frozen = object["immutable"] === true;
  const fields = [
    ["metadata", "name"],
    ["metadata", "namespace"],
    ...(IMMUTABLE[kind] ?? []),
    ...(kind === "v1/ConfigMap" && (!mutable.configMap || frozen) ? [["data"], ["binaryData"]] : []),
    ...(kind === "v1/Secret" && (!mutable.secret || frozen) ? [["data"], ["stringData"]] : []),
  ];
  return (path) => fields.some((field) => touches(field, path));
}

/** True when the change lies in the field, or takes away or adds the list element that holds it. */
function touches(field: readonly string[], path: readonly PathStep[]): boolean {
  const common = Math.min(field.length, path.length);
  for (let i = 0; i < common; i++) if (field[i] !== "*" && field[i] !== path[i]) return false;
  return path.length >= field.length || field[path.length - 1] === "*";
}
