/**
 * @severity high
 * @link https://www.pulumi.com/docs/iac/concepts/resources/providers/#disabling-default-providers
 */
import type { Rule } from "../rule";

// The engine's own, for stack references and the like.
const builtIn = "pulumi:providers:pulumi";

export const providerExplicit: Rule = {
  name: "provider-explicit",
  description: "Every resource names the provider that creates it, so that no setting of the shell picks the cluster.",
  severity: "high",
  remediation: "Pass a provider of the program's own in the resource's options, or in those of its parent.",
  url: "https://www.pulumi.com/docs/iac/concepts/resources/providers/#disabling-default-providers",
  checks: [
    ({ provider }, report) => {
      if (provider === undefined || provider.type === builtIn) return;
      if (/^default(_|$)/.test(provider.name)) report.violation("", "uses a default provider");
    },
  ],
};
