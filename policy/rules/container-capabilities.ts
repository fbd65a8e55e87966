/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { isExcepted } from "../exceptions";
import { onContainers, securityOf } from "../pods";
import type { Rule } from "../rule";
import { asObject, eachItem, isAbsent, text, texts } from "../values";

export const containerCapabilities: Rule = {
  name: "container-capabilities",
  description: "A container drops all capabilities and adds none but what `restricted` allows.",
  severity: "high",
  remediation: "Set securityContext.capabilities to { drop: [ALL] }.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "Capabilities that may be added back, such as CHOWN. Default: NET_BIND_SERVICE.",
      },
    },
  },
  // What Kubernetes' own level restricted allows.
  defaults: { allowed: ["NET_BIND_SERVICE"] },
  checks: [
    onContainers((ref, report) => {
      const { drop } = asObject(securityOf(ref)["capabilities"]);
      if (!texts(drop).includes("ALL"))
        report.violation(`${ref.path}.securityContext.capabilities.drop`, "does not hold ALL");
    }),
    onContainers((ref, report, config) => {
      const { add } = asObject(securityOf(ref)["capabilities"]);
      const path = `${ref.path}.securityContext.capabilities.add`;
      if (!isAbsent(add) && !Array.isArray(add)) report.violation(path, "is no list");
      eachItem(add, path, report, (item, itemPath) => {
        if (texts(config["allowed"]).includes(text(item)) || isExcepted(ref, config)) return;
        report.violation(itemPath, "adds a capability");
      });
    }),
  ],
};
