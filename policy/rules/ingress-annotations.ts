/**
 * @severity high
 * @link https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations-risk/
 */
import { isKind, namespaceOf, onObjects, pathIn, type KubernetesObject } from "../kubernetes";
import type { Rule } from "../rule";
import { asObject, at, eachEntry, eachItem, fieldPath, text } from "../values";

/**
 * Annotations that reach into the proxy of everybody. Sources: CVE-2021-25742; ingress-nginx, "Annotations risk", critical
 * and high; docs.nginx.com, NGINX Ingress Controller snippets; haproxy-ingress, config-backend
 */
const risky: readonly { keys: RegExp; why: string }[] = [
  {
    keys: /snippets?$|\/(config-(backend|frontend|global|tcp|tcp-service|sections|proxy)|backend-config)$/i,
    why: "writes into the configuration of the proxy that serves everybody",
  },
  { keys: /\/(mirror-target|mirror-request-body)$/i, why: "sends a copy of each request to somebody else" },
  {
    keys: /\/(auth-url|auth-external|influxdb-host|auth-signin|auth-proxy-set-headers)$/i,
    why: "sends each request's headers to another server",
  },
  {
    keys: /\/(server-alias|use-regex-server|canary-by-header-pattern)$/i,
    why: "answers for hosts that it does not name",
  },
  { keys: /\/(enable-modsecurity|modsecurity-.*)$/i, why: "changes the filter of the proxy that serves everybody" },
];

const isIngress = (object: KubernetesObject): boolean =>
  isKind(object, "networking.k8s.io", "Ingress") || isKind(object, "extensions", "Ingress");

export const ingressAnnotations: Rule = {
  name: "ingress-annotations",
  description: "No annotation of an Ingress reaches into the proxy that serves others too.",
  severity: "high",
  remediation: "Use the proxy's own annotation for what is meant, or name the Ingress in this rule's `except`.",
  url: "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations-risk/",
  checks: [
    onObjects(isIngress, (object, report) => {
      const path = pathIn(object, "metadata", "annotations");
      // The key decides. The value may rightly be unknown yet, and is not read.
      for (const key of Object.keys(asObject(asObject(object.props["metadata"])["annotations"]))) {
        const why = risky.find(({ keys }) => keys.test(key))?.why;
        if (why !== undefined) report.violation(fieldPath(path, key), why);
      }
    }),
    // The proxy reads Secrets of every namespace, and so whoever may name one. Source: CVE-2025-1974, and ingress-nginx,
    // allow-cross-namespace-resources
    onObjects(isIngress, (object, report) => {
      const path = pathIn(object, "metadata", "annotations");
      const quiet = { ...report, unknown: () => undefined };
      eachEntry(at(object.props, "metadata", "annotations"), path, quiet, (value, itemPath, key) => {
        if (!/(secret|configmap|custom-headers)$/i.test(key)) return;
        const [, place] = /^([a-z0-9-]+)\/[a-z0-9]/.exec(text(value)) ?? [];
        if (place !== undefined && place !== namespaceOf(object))
          report.violation(itemPath, "has the proxy use an object of another namespace");
      });
    }),
    // Source: CVE-2021-25748 and CVE-2022-4886: a path is copied into the proxy's configuration
    onObjects(isIngress, (object, report) =>
      eachItem(at(object.props, "spec", "rules"), pathIn(object, "spec", "rules"), report, (rule, rulePath) =>
        eachItem(at(rule, "http", "paths"), `${rulePath}.http.paths`, report, (item, itemPath) => {
          if (/[\s;]/.test(text(asObject(item)["path"])))
            report.violation(`${itemPath}.path`, "writes into the configuration of the proxy that serves everybody");
        }),
      ),
    ),
  ],
};
