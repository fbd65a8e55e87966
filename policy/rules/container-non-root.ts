/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { isExcepted, isExceptedPod } from "../exceptions";
import { onContainers, onPods, podSecurityOf, securityOf } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachItem, isAbsent, text, type Plain } from "../values";

const isUser = (value: unknown): boolean => isAbsent(value) || (typeof value === "number" && value > 0);

// Of a Windows image. Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-runasusername/
const windowsUsers = /^(ContainerUser|\d+|[\w.-]+)$/i;
const windowsRoot = /administrator|^system$|localsystem|networkservice|localservice/i;

function isWindowsUser(security: Plain): boolean {
  const name = asObject(security["windowsOptions"])["runAsUserName"];
  return isAbsent(name) || (windowsUsers.test(text(name)) && !windowsRoot.test(text(name)));
}

export const containerNonRoot: Rule = {
  name: "container-non-root",
  description: "No container runs as root, and the kubelet makes sure of it.",
  severity: "high",
  remediation: "Set runAsNonRoot: true and a runAsUser above 0.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
  checks: [
    onContainers((ref, report, config) => {
      // A container's own value wins over the pod's.
      const own = securityOf(ref)["runAsNonRoot"];
      const value = isAbsent(own) ? podSecurityOf(ref.pod)["runAsNonRoot"] : own;
      if (value !== true && !isExcepted(ref, config))
        report.violation(`${ref.path}.securityContext.runAsNonRoot`, "is not true, nor is the pod's");
    }),
    onContainers((ref, report, config) => {
      if (!isUser(securityOf(ref)["runAsUser"]) && !isExcepted(ref, config))
        report.violation(`${ref.path}.securityContext.runAsUser`, "is not a user above 0");
    }),
    onPods((pod, report) => {
      if (!isUser(podSecurityOf(pod)["runAsUser"]))
        report.violation(`${pod.path}.securityContext.runAsUser`, "is not a user above 0");
    }),
    // Files of the node and of images belong to group 0 and are often writable for it.
    ...["runAsGroup", "fsGroup"].map((field) =>
      onPods((pod, report) => {
        if (!isUser(podSecurityOf(pod)[field]))
          report.violation(`${pod.path}.securityContext.${field}`, "is not a group above 0");
      }),
    ),
    onPods((pod, report, config) => {
      if (isExceptedPod(pod, config)) return;
      const path = `${pod.path}.securityContext.supplementalGroups`;
      eachItem(podSecurityOf(pod)["supplementalGroups"], path, report, (group, groupPath) => {
        if (!isUser(group)) report.violation(groupPath, "is not a group above 0");
      });
    }),
    onContainers((ref, report, config) => {
      if (!isUser(securityOf(ref)["runAsGroup"]) && !isExcepted(ref, config))
        report.violation(`${ref.path}.securityContext.runAsGroup`, "is not a group above 0");
    }),
    onContainers((ref, report) => {
      if (!isWindowsUser(securityOf(ref)))
        report.violation(`${ref.path}.securityContext.windowsOptions.runAsUserName`, "is a user that Windows trusts");
    }),
    onPods((pod, report) => {
      if (!isWindowsUser(podSecurityOf(pod)))
        report.violation(`${pod.path}.securityContext.windowsOptions.runAsUserName`, "is a user that Windows trusts");
    }),
    onPods((pod, report) => {
      const value = podSecurityOf(pod)["runAsNonRoot"];
      if (!isAbsent(value) && value !== true)
        report.violation(`${pod.path}.securityContext.runAsNonRoot`, "is not true");
    }),
  ],
};
