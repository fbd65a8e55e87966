/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config
 */
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { asArray, asObject, eachItem, isAbsent, text } from "../values";

/** NAMESPACE.svc.ZONE, svc.ZONE and the usual zone alone. Source: kubernetes.io, DNS for Services and Pods */
const ofTheCluster = /^(([a-z0-9-]+\.)?svc\.[a-z0-9.-]+|cluster\.local)\.?$/i;

export const podDns: Rule = {
  name: "pod-dns",
  description: "A pod finds names by the cluster's own servers: no other server, no list of its own.",
  severity: "medium",
  remediation: "Remove it: who answers for names decides where credentials are sent.",
  url: "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
  checks: [
    onPods((pod, report) => {
      const { nameservers } = asObject(pod.spec["dnsConfig"]);
      if (asArray(nameservers).length > 0) report.violation(`${pod.path}.dnsConfig.nameservers`, "asks other servers");
      else if (!isAbsent(nameservers) && !Array.isArray(nameservers))
        report.violation(`${pod.path}.dnsConfig.nameservers`, "is no list");
    }),
    // Of a name with few dots the first suffix that answers decides: `loki` is then loki.example.com.
    onPods((pod, report) =>
      eachItem(
        asObject(pod.spec["dnsConfig"])["searches"],
        `${pod.path}.dnsConfig.searches`,
        report,
        (suffix, suffixPath) => {
          if (!ofTheCluster.test(text(suffix))) report.violation(suffixPath, "completes names outside of the cluster");
        },
      ),
    ),
    onPods((pod, report) => {
      if (pod.spec["dnsPolicy"] === "None")
        report.violation(`${pod.path}.dnsPolicy`, "leaves the cluster's own servers out");
    }),
    onPods((pod, report) => {
      const { hostAliases } = pod.spec;
      if (isAbsent(hostAliases) || (Array.isArray(hostAliases) && hostAliases.length === 0)) return;
      report.violation(`${pod.path}.hostAliases`, "answers for names itself, whatever the servers say");
    }),
  ],
};
