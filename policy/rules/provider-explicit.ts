/**
 * @severity high
 * @link https://www.pulumi.com/docs/iac/concepts/resources/providers/#disabling-default-providers
 */
import type { Report, Rule } from "../rule";
import { isAbsent, text, type Plain } from "../values";

// The engine's own, for stack references and the like.
const builtIn = "pulumi:providers:pulumi";

// Inputs of providers are text, whatever they mean.
const isOn = (value: unknown): boolean => value === true || text(value).toLowerCase() === "true" || value === "1";

/** Switches by which a provider takes any server for the one that is meant. */
const blind = ["skipTlsVerify", "insecure", "insecureSkipVerify", "insecureSkipTlsVerify", "skipTlsVerification"];

// A program on this machine makes the token: whoever writes the kubeconfig runs it. Those of clouds are known.
const programs = /["']?exec["']?\s*:/i;
const knownPrograms =
  /["']?command["']?\s*:\s*["']?(aws|aws-iam-authenticator|gke-gcloud-auth-plugin|gcloud|kubelogin|kubectl|az|doctl|oci|ibmcloud|linode-cli|scw|tsh|teleport|kubectl-oidc_login)\b/gi;

// The same inside of a kubeconfig, in YAML or JSON. Source: kubernetes.io, client-go, Config v1
const blindKubeconfig = /["']?insecure-skip-tls-verify["']?\s*:\s*["']?true\b/i;

export const providerExplicit: Rule = {
  name: "provider-explicit",
  description:
    "Every resource names the provider that creates it, and that one its cluster or server: no setting of the shell decides.",
  severity: "high",
  remediation: "Pass a provider of the program's own in the resource's options, or in those of its parent.",
  url: "https://www.pulumi.com/docs/iac/concepts/resources/providers/#disabling-default-providers",
  configSchema: {
    properties: {
      ambient: {
        type: "boolean",
        description: "Let a Kubernetes provider take the shell's current context. Default: false.",
      },
    },
  },
  defaults: { ambient: false },
  checks: [
    ({ provider }, report) => {
      if (provider === undefined || provider.type === builtIn) return;
      if (/^default(_|$)/.test(provider.name)) report.violation("", "uses a default provider");
    },
    ({ type, name, props }, report, config) => {
      // The engine makes a default provider by itself; what uses it is refused above.
      if (type !== "pulumi:providers:kubernetes" || /^default(_|$)/.test(name) || config["ambient"] === true) return;
      if (!isNamed(props))
        report.violation(
          "",
          "names no cluster, so the shell's kubeconfig and current context decide which one it is",
          "Give the provider a context, a kubeconfig of the program's own, or clusterIdentifier.",
        );
    },
    ({ type, props }, report) => {
      if (type.startsWith("pulumi:providers:")) lookForBlindness(props, report);
    },
    ({ type, props }, report) => {
      if (type !== "pulumi:providers:kubernetes" || isAbsent(props["renderYamlToDirectory"])) return;
      if (props["renderYamlToDirectory"] !== "")
        report.violation(
          "renderYamlToDirectory",
          "writes every object, Secrets among them, to files and makes none in the cluster",
          "Remove it: `pulumi preview` shows what would be made.",
        );
    },
    ({ type, props }, report) => {
      if (type === "pulumi:providers:kubernetes" && blindKubeconfig.test(text(props["kubeconfig"])))
        report.violation("kubeconfig", "takes any server for the cluster", "Give it the cluster's certificate.");
    },
    ({ type, props }, report) => {
      if (type !== "pulumi:providers:kubernetes") return;
      const kubeconfig = text(props["kubeconfig"]);
      const wanted = kubeconfig.match(new RegExp(programs, "gi"))?.length ?? 0;
      if (wanted > (kubeconfig.match(knownPrograms)?.length ?? 0))
        report.violation(
          "kubeconfig",
          "runs a program of its own on the machine that deploys",
          "Use the cloud's own login program, or a certificate.",
        );
    },
  ],
};

// A kubeconfig or a cluster that this update makes is known later, and is one that the program names.
function isNamed(props: Plain): boolean {
  const names = ["context", "cluster", "clusterIdentifier", "kubeconfig"];
  return names.some((name) => {
    if (!Object.keys(props).includes(name)) return false;
    const value = props[name];
    return !isAbsent(value) && value !== "";
  });
}

function lookForBlindness(props: Plain, report: Report): void {
  for (const name of Object.keys(props))
    if (blind.includes(name) && isOn(props[name]))
      report.violation(name, "takes any server for the one that is meant", "Remove it, and name the server's CA.");
}
