/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/services-networking/service/
 */
import { isEverybody } from "../everybody";
import { isKind, onObjects, pathIn } from "../kubernetes";
import type { Rule } from "../rule";
import { asArray, asObject, isAbsent, text } from "../values";

export const serviceExposure: Rule = {
  name: "service-exposure",
  description: "A Service serves the cluster, through its own pods, and takes nobody's traffic.",
  severity: "high",
  remediation: "Use type ClusterIP behind an Ingress or a Gateway, or name the Service in this rule's `except`.",
  url: "https://kubernetes.io/docs/concepts/services-networking/service/",
  checks: [
    onObjects(
      (object) => isKind(object, "", "Service"),
      (object, report) => {
        const spec = asObject(object.props["spec"]);
        const type = text(spec["type"]);
        const path = pathIn(object, "spec", "type");
        const ranges = asArray(spec["loadBalancerSourceRanges"]);
        const bounded = ranges.length > 0 && !ranges.some((range) => isEverybody(text(range)));
        if (type === "LoadBalancer" && !bounded)
          report.violation(path, "opens it to everybody outside of the cluster", "Bound it: loadBalancerSourceRanges.");
        else if (type === "NodePort") report.violation(path, "opens a port of every node");
        else if (type === "ExternalName") report.violation(path, "sends callers to a name outside of the cluster");
      },
    ),
    // Source: CVE-2020-8554, https://github.com/kubernetes/kubernetes/issues/97076
    onObjects(
      (object) => isKind(object, "", "Service"),
      (object, report) => {
        const { externalIPs } = asObject(object.props["spec"]);
        if (!isAbsent(externalIPs) && !(Array.isArray(externalIPs) && externalIPs.length === 0))
          report.violation(pathIn(object, "spec", "externalIPs"), "takes the cluster's traffic for any address");
      },
    ),
    // Source: CVE-2021-25740, https://github.com/kubernetes/kubernetes/issues/103675
    onObjects(
      (object) => isKind(object, "", "Endpoints") || isKind(object, "discovery.k8s.io", "EndpointSlice"),
      (object, report) =>
        report.violation(object.path, "sends a Service's callers to addresses that are written by hand"),
    ),
  ],
};
