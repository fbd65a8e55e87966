/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
import { isKind, markOf, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import type { Rule, RuleConfig } from "../rule";
import { asObject, at, eachEntry, fieldPath, isAbsent, text } from "../values";

const levels = ["privileged", "baseline", "restricted"];
const modes = ["enforce", "audit", "warn"] as const;

// Since then pod security is stable, and every check of today is in it.
const oldest = 25;

/** Labels whose being there is enough, whatever their value. Sources: each project's own documentation. */
const optOuts: readonly string[] = [
  "admission.gatekeeper.sh/ignore", // Gatekeeper, "Exempting namespaces"
  "policy.sigstore.dev/exclude", // Sigstore's policy-controller, "Admission of images"
  "openshift.io/run-level", // OpenShift: no SecurityContextConstraints at levels 0 and 1
];

// Others say by their own words that somebody's check is not for this namespace: cert-manager.io/disable-validation,
// securesystemsengineering.connaisseur/webhook: ignore. Injection of a sidecar is no check.
const check = /admission|webhook|validat|mutat|polic|verif|secur|enforce/i;
const without = /(^|[-._/])(ignored?|excluded?|skip|skipped|exempt|exempted|bypass|disabled?|opt-?out|off)([-._/]|$)/i;
const no = /^(false|no|off|0|)$/i;

function optsOut(key: string, value: unknown): boolean {
  if (optOuts.includes(key)) return true;
  // Its own labels are judged above.
  if (!check.test(key) || key.startsWith("pod-security.kubernetes.io/")) return false;
  const given = text(value);
  return without.test(key) ? !no.test(given) : without.test(given);
}

const lowest = (config: RuleConfig, mode: string): number => Math.max(levels.indexOf(text(config[mode])), 0);

export const namespacePodSecurity: Rule = {
  name: "namespace-pod-security",
  description:
    "A namespace says which pods it admits, hears about every pod that is not restricted, and opts out of no admission.",
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
    onObjects(
      (object) => isKind(object, "", "Namespace") && !object.patch,
      (object, report) => {
        const path = pathIn(object, "metadata", "labels");
        eachEntry(at(object.props, "metadata", "labels"), path, report, (value, place, key) => {
          if (optsOut(key, value))
            report.violation(place, "takes the namespace out of what an admission webhook checks", "Remove the label.");
        });
      },
    ),
  ],
};

function enforced(object: KubernetesObject): number {
  return levels.indexOf(text(markOf(object, "labels", "pod-security.kubernetes.io/enforce")));
}
