/**
 * @severity high
 * @link https://prometheus-operator.dev/docs/api-reference/api/
 */
import { isKind, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import type { Report, Rule } from "../rule";
import { asObject, at, eachItem, isAbsent, text, type Plain } from "../values";

const group = "monitoring.coreos.com";
/** Kind → list of endpoints; a kind without one is an endpoint itself. */
const endpoints: Readonly<Record<string, string>> = {
  ServiceMonitor: "endpoints",
  PodMonitor: "podMetricsEndpoints",
};
const single = ["Probe", "ScrapeConfig"];

// The token that every Prometheus has: an endpoint that is chosen by labels may be shown it.
const ownToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const ownFiles = /^\/var\/run\/secrets\/kubernetes\.io\/serviceaccount\//;

/**
 * A monitor is written by anybody and carried out by Prometheus, with what Prometheus has: its files, its token.
 * Source: prometheus-operator, Documentation/rbac.md; pkg/apis/monitoring/v1, ArbitraryFSAccessThroughSMs
 */
export const monitorCredentials: Rule = {
  name: "monitor-credentials",
  description: "A monitor has Prometheus show its credentials to nobody but what it names.",
  severity: "high",
  remediation: "Name the pods or Services by labels, and credentials by a Secret; leave proxies out.",
  url: "https://prometheus-operator.dev/docs/api-reference/api/",
  checks: [
    ...Object.entries(endpoints).map(([kind, list]) =>
      onObjects(
        (object) => isKind(object, group, kind),
        (object, report) =>
          eachItem(at(object.props, "spec", list), pathIn(object, "spec", list), report, (item, path) =>
            lookAt(asObject(item), path, object, report),
          ),
      ),
    ),
    onObjects(
      (object) => isKind(object, group, ...single),
      (object, report) => lookAt(asObject(object.props["spec"]), pathIn(object, "spec"), object, report),
    ),
    onObjects(
      (object) => isKind(object, group, "Probe"),
      (object, report) => {
        const proxy = at(object.props, "spec", "prober", "proxyUrl");
        if (!isAbsent(proxy))
          report.violation(pathIn(object, "spec", "prober", "proxyUrl"), "sends the scrape through somebody else");
      },
    ),
    onObjects(
      (object) => isKind(object, group, "ScrapeConfig"),
      (object, report) => {
        const files = at(object.props, "spec", "fileSDConfigs");
        if (!isAbsent(files) && !(Array.isArray(files) && files.length === 0))
          report.violation(pathIn(object, "spec", "fileSDConfigs"), "has Prometheus read a file of its own");
      },
    ),
  ],
};

function lookAt(endpoint: Plain, path: string, object: KubernetesObject, report: Report): void {
  if (!isAbsent(endpoint["proxyUrl"])) report.violation(`${path}.proxyUrl`, "sends the scrape through somebody else");
  if (endpoint["proxyFromEnvironment"] === true)
    report.violation(`${path}.proxyFromEnvironment`, "sends the scrape through whomever Prometheus' variables name");
  const token = endpoint["bearerTokenFile"];
  if (!isAbsent(token) && token !== "") {
    if (token !== ownToken) report.violation(`${path}.bearerTokenFile`, "has Prometheus show a file of its own");
    else if (!isNamed(object))
      report.violation(`${path}.bearerTokenFile`, "shows Prometheus' token to whatever it finds");
  }
  const tls = asObject(endpoint["tlsConfig"]);
  for (const field of ["caFile", "certFile", "keyFile"])
    if (!isAbsent(tls[field]) && !ownFiles.test(text(tls[field])))
      report.violation(`${path}.tlsConfig.${field}`, "has Prometheus read a file of its own");
}

function isNamed(object: KubernetesObject): boolean {
  const { matchLabels, matchExpressions } = asObject(at(object.props, "spec", "selector"));
  return (
    Object.keys(asObject(matchLabels)).length > 0 || (Array.isArray(matchExpressions) && matchExpressions.length > 0)
  );
}
