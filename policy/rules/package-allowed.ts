/**
 * @severity critical
 * @link https://www.pulumi.com/registry/
 */
import type { Rule } from "../rule";
import { texts } from "../values";

/**
 * Packages whose resources make nothing in a cluster but what they say: the engine's own, values that are made up, and
 * clouds and services with a pack of their own.
 */
const harmless: readonly string[] = [
  ...["pulumi", "random", "tls", "time", "std", "vault", "consul", "openbao"],
  ...["aws", "aws-native", "azure", "azure-native", "azuread", "gcp", "google-native", "oci", "alicloud", "ibm"],
  ...["digitalocean", "hcloud", "linode", "openstack", "ovh", "scaleway", "vultr", "exoscale", "civo", "vsphere"],
  ...["cloudflare", "fastly", "akamai", "dnsimple", "ns1", "acme", "github", "gitlab", "grafana", "datadog"],
  ...["newrelic", "pagerduty", "opsgenie", "auth0", "okta", "keycloak", "postgresql", "mysql", "mongodbatlas"],
  ...["confluentcloud", "kafka", "rabbitmq", "elasticstack", "minio", "sentry", "slack", "snowflake"],
];

/** Why others are known to be a way around every rule about objects. */
const reasons: readonly { packages: RegExp; why: string }[] = [
  { packages: /^command$/, why: "runs a command, which may do anything to the cluster" },
  {
    packages: /^pulumi-(nodejs|python|dotnet|go|java)$/,
    why: "is a dynamic provider: its code runs, and no rule reads it",
  },
  { packages: /^docker(-build)?$/, why: "runs or builds containers past the cluster" },
  {
    packages:
      /^(helm|kubectl|kustomization|kubernetes-(yaml|cert-manager|ingress-nginx|coredns)|flux|argocd|rancher2|k8s)$/,
    why: "makes objects in the cluster that no rule sees",
  },
  {
    packages: /^(terraform|terraform-module|terraform-provider|opentofu)$/,
    why: "runs Terraform, whose resources no rule sees",
  },
];

/** The package of a type token: what stands before its first colon, or the one that a provider is for. */
function packageOf(type: string): string {
  const provider = /^pulumi:providers:(.+)$/.exec(type)?.[1];
  return provider ?? type.slice(0, Math.max(type.indexOf(":"), 0));
}

export const packageAllowed: Rule = {
  name: "package-allowed",
  description: "Resources come from packages of which it is known what they make.",
  severity: "critical",
  remediation:
    "Write the objects as typed resources of @pulumi/kubernetes, or list the package in this rule's `allowed`.",
  url: "https://www.pulumi.com/registry/",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "More packages, by the name before a type's first colon. Default: none beside those of the rule.",
      },
    },
  },
  defaults: { allowed: [] },
  checks: [
    ({ type, provider }, report, config) => {
      const isProvider = type.startsWith("pulumi:providers:");
      // A component makes nothing itself, and its children are resources of their own.
      if (provider === undefined && !isProvider) return;
      const name = packageOf(type);
      if (name === "kubernetes" || harmless.includes(name) || texts(config["allowed"]).includes(name)) return;
      const why = reasons.find(({ packages }) => packages.test(name))?.why;
      report.violation("", `is of the package ${name || type}, which ${why ?? "may make anything, seen by no rule"}`);
    },
  ],
};
