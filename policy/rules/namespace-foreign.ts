/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/security/multi-tenancy/
 */
import { isKind, nameOf, namespaceOf, objectsOf, pathIn } from "../kubernetes";
import type { StackRule } from "../rule";
import { guarded, texts } from "../values";

/** Namespaces that operators usually have for themselves: what lies there is trusted by all that they do. */
const operators: readonly RegExp[] = [
  /^(kyverno|gatekeeper-system|cert-manager|external-secrets|sealed-secrets|vault|vault-secrets-operator(-system)?)$/,
  /^(istio-(system|ingress|egress|operator)|linkerd(-.*)?|consul|cilium(-.*)?|calico-(system|apiserver)|tigera-operator)$/,
  /^(argocd|argo|argo-rollouts|flux-system|crossplane-system|upbound-system|tekton-.*|knative-.*|keda)$/,
  /^(openshift(-.*)?|cattle-.*|fleet-.*|rancher-.*|gke-.*|gmp-.*|config-management-.*|aks-.*|azure-.*|amazon-.*|aws-.*)$/,
  /^(metallb-system|ingress-nginx|traefik|rook-ceph|longhorn-system|velero|falco|trivy-system|kubevirt|olm|operators)$/,
  /^(capi-.*|cap[a-z]-system|gpu-operator|node-feature-discovery|tigera-.*|spire(-.*)?|cnpg-system|strimzi(-.*)?)$/,
];

export const namespaceForeign: StackRule = {
  name: "namespace-foreign",
  description: "Objects lie in a namespace of the stack's own, not in that of somebody's operator.",
  severity: "medium",
  remediation: "Use a namespace of your own. The operator's own stack makes the namespace, or lists it in `allowed`.",
  url: "https://kubernetes.io/docs/concepts/security/multi-tenancy/",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description: "Namespaces of operators that this stack may write to. Default: those that it makes.",
      },
    },
  },
  defaults: { allowed: [] },
  stackCheck: (resources, reportOn, config) => {
    const objects = objectsOf(resources, reportOn);
    const own = new Set(texts(config["allowed"]));
    for (const object of objects)
      if (isKind(object, "", "Namespace")) guarded(reportOn(object.resource), () => void own.add(nameOf(object)));
    for (const object of objects)
      guarded(reportOn(object.resource), () => {
        const namespace = namespaceOf(object);
        if (!own.has(namespace) && operators.some((form) => form.test(namespace)))
          reportOn(object.resource).violation(
            pathIn(object, "metadata", "namespace"),
            "is a namespace that an operator usually has for itself",
          );
      });
  },
};
