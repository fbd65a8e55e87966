/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import { onPods, podSecurityOf } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachItem, text } from "../values";

// The namespaced ones that cannot reach other pods. Source: k8s.io/pod-security-admission/policy/check_sysctls.go
const safe = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_notsent_lowat",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_slow_start_after_idle",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

export const podSysctls: Rule = {
  name: "pod-sysctls",
  description: "A pod sets no kernel parameter but the safe ones.",
  severity: "medium",
  remediation: "Remove it: other pods of the node would feel it.",
  url: "https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/",
  checks: [
    onPods((pod, report) =>
      eachItem(podSecurityOf(pod)["sysctls"], `${pod.path}.securityContext.sysctls`, report, (item, path) => {
        if (!safe.includes(text(asObject(item)["name"]))) report.violation(`${path}.name`, "is not a safe sysctl");
      }),
    ),
  ],
};
