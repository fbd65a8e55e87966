/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
import { isKind, markOf, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import type { Rule, RuleConfig } from "../rule";
import { asObject, fieldPath, isAbsent, text } from "../values";

const levels = ["privileged", "baseline", "restricted"];
const modes = ["enforce", "audit", "warn"] as const;

// Since then pod security is stable, and every check of today is in it.
const oldest = 25;

const lowest = (config: RuleConfig, mode: string): number => Math.max(levels.indexOf(text(config[mode])), 0);

export const namespacePodSecurity: Rule = {
  name: "namespace-pod-security",
  description: "A namespace says which pods it admits, and hears about every pod that is not restricted.",
  severity: "high",
  remediation: "Set the labels pod-security.kubernetes.io/enforce, /audit and /warn.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
  configSchema: {
    properties: Object.fromEntries(
      modes.map((mode) => [mode, { type: "string", enum: levels, description: `Lowest level of ${mode}.` }]),
    ),
  },
  defaults: { enforce: "baseline", audit: "restricted", warn: "restricted" },
  checks: [
    ...modes.map((mode) =>
      onObjects(
        (object) => isKind(object, "", "Namespace") && !object.patch,
        (object, report, config) => {
          const label = `pod-security.kubernetes.io/${mode}`;
          const level = levels.indexOf(text(asObject(asObject(object.props["metadata"])["labels"])[label]));
          const path = fieldPath(pathIn(object, "metadata", "labels"), label);
          const remedy = `Set it to ${levels[lowest(config, mode)] ?? "restricted"}.`;
          // What is enforced is neither audited nor warned of: there is nothing left to say.
          if (level < 0 && mode !== "enforce" && enforced(object) >= lowest(config, mode)) return;
          if (level < 0) report.violation(path, "names no level", remedy);
          else if (level < lowest(config, mode)) report.violation(path, "is below what is asked for", remedy);
        },
      ),
    ),
    // The rules of an old version lack what later ones refuse.
    ...modes.map((mode) =>
      onObjects(
        (object) => isKind(object, "", "Namespace") && !object.patch,
        (object, report) => {
          const label = `pod-security.kubernetes.io/${mode}-version`;
          const version = markOf(object, "labels", label);
          if (isAbsent(version) || version === "latest") return;
          if (!(Number(/^v1\.(\d+)$/.exec(text(version))?.[1]) >= oldest))
            report.violation(
              fieldPath(pathIn(object, "metadata", "labels"), label),
              "pins pod security to the rules of an old Kubernetes",
              `Write latest, or v1.${oldest} and newer.`,
            );
        },
      ),
    ),
  ],
};

function enforced(object: KubernetesObject): number {
  return levels.indexOf(text(markOf(object, "labels", "pod-security.kubernetes.io/enforce")));
}
