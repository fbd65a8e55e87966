/**
 * @severity medium
 * @link https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 */
import { isKind, nameOf, namespaceOf, onObjects, pathIn } from "../kubernetes";
import type { Rule } from "../rule";
import { isClusterScoped, isKnownGroup } from "../scopes";
import { text, texts } from "../values";

/** Namespaces that operators usually have for themselves: what lies there is trusted by all that they do. */
const operators: readonly RegExp[] = [
  /^(kyverno|gatekeeper-system|cert-manager|external-secrets|sealed-secrets|vault|vault-secrets-operator(-system)?)$/,
  /^(istio-(system|ingress|egress|operator)|linkerd(-.*)?|consul|cilium(-.*)?|calico-(system|apiserver)|tigera-operator)$/,
  /^(argocd|argo|argo-rollouts|flux-system|crossplane-system|upbound-system|tekton-.*|knative-.*|keda)$/,
  /^(openshift(-.*)?|cattle-.*|fleet-.*|rancher-.*|gke-.*|gmp-.*|config-management-.*|aks-.*|azure-.*|amazon-.*|aws-.*)$/,
  /^(metallb-system|ingress-nginx|traefik|rook-ceph|longhorn-system|velero|falco|trivy-system|kubevirt|olm|operators)$/,
  /^(capi-.*|cap[a-z]-system|gpu-operator|node-feature-discovery|tigera-.*|spire(-.*)?|cnpg-system|strimzi(-.*)?)$/,
];

const mayWriteTo = (namespace: string, allowed: readonly string[]): boolean =>
  allowed.length > 0
    ? allowed.includes(namespace)
    : !/^(default|kube-.*)$/.test(namespace) && !operators.some((form) => form.test(namespace));

export const namespaceExplicit: Rule = {
  name: "namespace-explicit",
  description: "Every object says which namespace it is in, and it is one that this stack may write to.",
  severity: "medium",
  remediation: "Set metadata.namespace to the namespace that this stack manages.",
  url: "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        description:
          "Namespaces that this stack may write to. Default: any but `default`, `kube-*` and those of operators.",
      },
    },
  },
  defaults: { allowed: [] },
  checks: [
    onObjects(
      (object) => !isClusterScoped(object),
      (object, report, config) => {
        const namespace = namespaceOf(object);
        const allowed = texts(config["allowed"]);
        const path = pathIn(object, "metadata", "namespace");
        if (namespace === "") {
          // What the provider is told holds for all that it makes.
          const given = text(object.resource.provider?.props?.["namespace"]);
          if (given !== "") {
            if (!mayWriteTo(given, allowed))
              report.violation(path, "is the provider's, which this stack may not write to");
          }
          // A kind of somebody else's group may be cluster-scoped: nothing here knows.
          else if (isKnownGroup(object.group))
            report.violation(path, "is missing, so the provider's own default decides");
        } else if (!mayWriteTo(namespace, allowed))
          report.violation(path, "is not a namespace that this stack may write to");
      },
    ),
    onObjects(
      (object) => isKind(object, "", "Namespace"),
      (object, report, config) => {
        const allowed = texts(config["allowed"]);
        const path = pathIn(object, "metadata", "name");
        if (nameOf(object) === "") report.violation(path, "is missing, so its name is made up", "Write the name.");
        else if (!mayWriteTo(nameOf(object), allowed))
          report.violation(
            path,
            "is not a namespace that this stack may write to",
            "Use a namespace of the stack's own.",
          );
      },
    ),
  ],
};
