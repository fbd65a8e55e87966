/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachItem, fieldPath, isAbsent } from "../values";

const allowed = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
  // A rule of its own decides which paths.
  "hostPath",
];

export const podVolumeTypes: Rule = {
  name: "pod-volume-types",
  description: "A pod's volumes are of the types that the restricted profile knows; hostPath has a rule of its own.",
  severity: "medium",
  remediation:
    "Use a PersistentVolumeClaim: a volume named in the pod itself brings its credentials and drivers along.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
  checks: [
    onPods((pod, report) =>
      eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
        const volume = asObject(item);
        for (const type of Object.keys(volume)) {
          if (type === "name" || allowed.includes(type)) continue;
          if (!isAbsent(volume[type])) report.violation(fieldPath(path, type), "is not an allowed type of volume");
        }
      }),
    ),
  ],
};
