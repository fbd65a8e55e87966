/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
import { isKind, onObjects, pathIn } from "../kubernetes";
import type { Rule, RuleConfig } from "../rule";
import { asObject, fieldPath, text } from "../values";

const levels = ["privileged", "baseline", "restricted"];
const modes = ["enforce", "audit", "warn"] as const;

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
  checks: modes.map((mode) =>
    onObjects(
      (object) => isKind(object, "", "Namespace") && !object.patch,
      (object, report, config) => {
        const label = `pod-security.kubernetes.io/${mode}`;
        const level = levels.indexOf(text(asObject(asObject(object.props["metadata"])["labels"])[label]));
        const path = fieldPath(pathIn(object, "metadata", "labels"), label);
        const remedy = `Set it to ${levels[lowest(config, mode)] ?? "restricted"}.`;
        if (level < 0) report.violation(path, "names no level", remedy);
        else if (level < lowest(config, mode)) report.violation(path, "is below what is asked for", remedy);
      },
    ),
  ),
};
