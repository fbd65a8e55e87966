/**
 * @severity high
 * @link https://kubernetes.io/docs/tutorials/security/seccomp/
 */
import { onContainers, onPods, podSecurityOf, securityOf } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachEntry, isAbsent, text } from "../values";

const isConfined = (profile: unknown): boolean =>
  ["RuntimeDefault", "Localhost"].includes(text(asObject(profile)["type"]));

export const containerSeccomp: Rule = {
  name: "container-seccomp",
  description: "Every container's system calls are filtered.",
  severity: "high",
  remediation: "Set the pod's securityContext.seccompProfile to { type: RuntimeDefault }.",
  url: "https://kubernetes.io/docs/tutorials/security/seccomp/",
  checks: [
    onContainers((ref, report) => {
      const own = securityOf(ref)["seccompProfile"];
      const profile = isAbsent(own) ? podSecurityOf(ref.pod)["seccompProfile"] : own;
      if (!isConfined(profile))
        report.violation(
          `${ref.path}.securityContext.seccompProfile`,
          "is neither RuntimeDefault nor Localhost, nor is the pod's",
        );
    }),
    onPods((pod, report) => {
      const profile = podSecurityOf(pod)["seccompProfile"];
      if (!isAbsent(profile) && !isConfined(profile))
        report.violation(`${pod.path}.securityContext.seccompProfile.type`, "is neither RuntimeDefault nor Localhost");
    }),
    // What came before the field; container runtimes of old clusters still read it.
    onPods((pod, report) =>
      eachEntry(pod.metadata()["annotations"], `${pod.metadataPath}.annotations`, report, (value, path, key) => {
        if (!/^(container\.)?seccomp\.security\.alpha\.kubernetes\.io\//.test(key)) return;
        if (!/^(runtime\/default|docker\/default|localhost\/.+)$/.test(text(value)))
          report.violation(path, "switches the filter off");
      }),
    ),
  ],
};
