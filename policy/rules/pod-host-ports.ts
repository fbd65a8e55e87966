/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import { onContainers } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachItem, isAbsent } from "../values";

export const podHostPorts: Rule = {
  name: "pod-host-ports",
  description: "No container takes a port of its node.",
  severity: "high",
  remediation: "Remove hostPort and reach the pod by its own address or a Service.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
  checks: [
    onContainers(({ container, path }, report) =>
      eachItem(container["ports"], `${path}.ports`, report, (item, itemPath) => {
        const { hostPort } = asObject(item);
        if (!isAbsent(hostPort) && hostPort !== 0) report.violation(`${itemPath}.hostPort`, "is set");
      }),
    ),
  ],
};
