/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import { handlers, onContainers } from "../pods";
import type { Rule } from "../rule";
import { asObject, at, isAbsent } from "../values";

export const containerProbeHost: Rule = {
  name: "container-probe-host",
  description: "Probes and lifecycle hooks ask the pod itself, not another host from the node's own network.",
  severity: "medium",
  remediation: "Remove host: the pod's own address is the default.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
  checks: handlers.map((handler) =>
    onContainers(({ container, path }, report) => {
      for (const action of ["httpGet", "tcpSocket"]) {
        const { host } = asObject(at(container, ...handler, action));
        if (!isAbsent(host) && host !== "") report.violation([path, ...handler, action, "host"].join("."), "is set");
      }
    }),
  ),
};
