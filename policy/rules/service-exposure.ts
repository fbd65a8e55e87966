/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/services-networking/service/
 */
import { isEverybody } from "../everybody";
import { isKind, onObjects, pathIn } from "../kubernetes";
import type { Rule } from "../rule";
import { asArray, asObject, at, eachEntry, isAbsent, text, texts } from "../values";

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
    // Source: https://tailscale.com/kb/1439/kubernetes-operator-cluster-ingress
    onObjects(
      (object) => isKind(object, "", "Service") || isKind(object, "networking.k8s.io", "Ingress"),
      (object, report) => {
        const quiet = { ...report, unknown: () => undefined };
        eachEntry(
          at(object.props, "metadata", "annotations"),
          pathIn(object, "metadata", "annotations"),
          quiet,
          (value, path, key) => {
            if (/^tailscale\.com\/(expose|funnel)$/.test(key) && text(value) !== "false")
              report.violation(path, "opens it to a network outside of the cluster");
          },
        );
      },
    ),
    // A route of the mesh's own proxies for any host is one for everybody's calls. Source: istio.io, VirtualService
    onObjects(
      (object) => isKind(object, "networking.istio.io", "VirtualService"),
      (object, report) => {
        const { hosts, gateways } = asObject(object.props["spec"]);
        const isOfTheMesh = asArray(gateways).length === 0 || texts(gateways).includes("mesh");
        if (
          isOfTheMesh &&
          texts(hosts).some((host) =>
            /^\*(\.(com|net|org|io|local|svc|cluster\.local|svc\.cluster\.local))?$/.test(host),
          )
        )
          report.violation(pathIn(object, "spec", "hosts"), "takes everybody's calls in the mesh");
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
