/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege
 */
import { isKind, nameOf, namespaceOf, objectsOf, pathIn, type KubernetesObject } from "../../kubernetes";
import { rbacGroup, roleKinds } from "../../rbac";
import type { Report, StackRule } from "../../rule";
import { asArray, asObject, at, fieldPath, text, texts } from "../../values";
import { describePermission, neededBy, specified, unique, type Needed, type Permission } from "./component-permissions";
import { lookAtPipelineRun, type PipelinePlace } from "./runs-pipeline";
import { AlloySyntaxError } from "../../../pipeline/language";
import { parseOnce } from "./pipeline-blocks";

/**
 * What the roles of the stack grant is what the pipeline in its ConfigMap needs, no more and no less. The need is read
 * from that text, not from the program's own account of it: that is where the roles come from.
 */
export function grantedEqualsNeeded(place: PipelinePlace, container: string): StackRule {
  return {
    name: "alloy-granted-equals-needed",
    description: "The collector may do in the cluster what its pipeline needs, no more and no less.",
    severity: "critical",
    remediation: "Change the pipeline's sections and their needs: the roles are computed from them.",
    url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege",
    stackCheck: (resources, reportOn) => {
      const objects = objectsOf(resources, reportOn);
      const roles = objects.filter((object) => isKind(object, rbacGroup, ...roleKinds));
      const configMap = objects.find(
        (object) =>
          isKind(object, "", "ConfigMap") &&
          nameOf(object) === place.configMap &&
          namespaceOf(object) === place.namespace,
      );
      if (configMap === undefined) {
        reportOn(undefined).violation("", `has no ConfigMap ${place.configMap} from which the need could be read`);
        return;
      }
      lookAtPipelineRun(objects, place, container, (object) => reportOn(object.resource));
      for (const role of roles.filter(({ kind }) => kind === "ClusterRole"))
        if (!isBound(role, objects))
          reportOn(role.resource).violation("", unbound, "Bind it with a ClusterRoleBinding.");
      const report = reportOn(configMap.resource);
      const needed = readNeed(configMap, place.key, report);
      if (needed === undefined) return;
      const path = fieldPath(pathIn(configMap, "data"), place.key);
      for (const problem of needed.problems)
        report.violation(path, problem, "Add the component to the pack's table, with its source.");
      compare(unique([...needed.permissions, ...specified]), roles, (role) => reportOn(role?.resource));
    },
  };
}

const unbound = "is bound to nobody in the whole cluster: the collector would collect nothing";

// A RoleBinding gives a ClusterRole in one namespace only.
function isBound(role: KubernetesObject, objects: readonly KubernetesObject[]): boolean {
  return objects.some(
    (object) =>
      isKind(object, rbacGroup, "ClusterRoleBinding") &&
      at(object.props, "roleRef", "kind") === "ClusterRole" &&
      at(object.props, "roleRef", "name") === nameOf(role),
  );
}

function readNeed(configMap: KubernetesObject, key: string, report: Report): Needed | undefined {
  const path = fieldPath(pathIn(configMap, "data"), key);
  const source = at(configMap.props, "data", key);
  if (typeof source !== "string") {
    report.violation(path, "is missing");
    return undefined;
  }
  try {
    return neededBy(parseOnce(source));
  } catch (error) {
    if (!(error instanceof AlloySyntaxError)) throw error;
    report.violation(path, `is not in Alloy's language, ${error.message}`, "Check it with `alloy validate`.");
    return undefined;
  }
}

function compare(
  needed: readonly Permission[],
  roles: readonly KubernetesObject[],
  reportOn: (role: KubernetesObject | undefined) => Report,
): void {
  const missing = new Set(needed.map(describePermission));
  for (const role of roles) {
    const rules = asArray(role.props["rules"]);
    for (let i = 0; i < rules.length; i++) {
      const path = `${pathIn(role, "rules")}[${i}]`;
      const report = reportOn(role);
      if (texts(at(rules[i], "nonResourceURLs")).length > 0)
        report.violation(`${path}.nonResourceURLs`, "grants paths that no component needs");
      // A name or a namespace narrows the grant: what is needed everywhere is then still missing.
      const narrowed = asArray(at(rules[i], "resourceNames")).length > 0 || role.kind === "Role";
      for (const permission of grantsOf(rules[i])) {
        const described = describePermission(permission);
        if (!needed.some((one) => describePermission(one) === described))
          report.violation(path, `grants ${described}, which the pipeline does not need`);
        else if (!narrowed) missing.delete(described);
      }
    }
  }
  for (const described of missing)
    reportOn(roles.length === 1 ? roles[0] : undefined).violation(
      roles.length === 1 ? "rules" : "",
      `does not grant ${described}, which the pipeline needs: it would collect less and say nothing`,
    );
}

function grantsOf(rule: unknown): Permission[] {
  const { apiGroups, resources, verbs } = asObject(rule);
  return texts(apiGroups).flatMap((group) =>
    texts(resources).flatMap((resource) => texts(verbs).map((verb) => ({ group, resource: text(resource), verb }))),
  );
}
