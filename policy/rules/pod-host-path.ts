/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
 */
import { isKind, onObjects, pathIn } from "../kubernetes";
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachItem, isAbsent, text, texts } from "../values";

export const podHostPath: Rule = {
  name: "pod-host-path",
  description: "A pod mounts no directory of its node but those that are listed.",
  severity: "critical",
  remediation: "Use another kind of volume, or list the exact path in this rule's `allowed`.",
  url: "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "Paths that may be mounted, compared letter by letter. Default: none.",
      },
    },
  },
  defaults: { allowed: [] },
  checks: [
    onPods((pod, report, config) =>
      eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
        const { hostPath } = asObject(item);
        if (isAbsent(hostPath)) return;
        if (!texts(config["allowed"]).includes(text(asObject(hostPath)["path"])))
          report.violation(`${path}.hostPath.path`, "is not among the directories of the node that may be mounted");
      }),
    ),
    // The same directory by another door: a PersistentVolume that a claim then binds.
    onObjects(
      (object) => isKind(object, "", "PersistentVolume"),
      (object, report, config) => {
        const spec = asObject(object.props["spec"]);
        for (const field of ["hostPath", "local"]) {
          if (isAbsent(spec[field])) continue;
          if (!texts(config["allowed"]).includes(text(asObject(spec[field])["path"])))
            report.violation(pathIn(object, "spec", field, "path"), "is not among the directories that may be mounted");
        }
      },
    ),
  ],
};
