import assert from "node:assert/strict";

import { ofFields, ofResources, withDanger, withDangerOfResource } from "../../policy/rules/alloy/dangers";

const pod = "spec.template.spec";
const container = `${pod}.containers[0]`;
const set = "kubernetes:apps/v1:DaemonSet";
const core = (kind: string): string => `kubernetes:core/v1:${kind}`;
const rbac = (kind: string): string => `kubernetes:rbac.authorization.k8s.io/v1:${kind}`;
const monitor = "kubernetes:monitoring.coreos.com/v1:PodMonitor";
const network = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

/** Type and path of a difference, and words that a reader needs. */
const differences: readonly (readonly [type: string, path: string, words: string])[] = [
  [set, `${pod}.containers[1]`, "by one more mount its credential"],
  [set, `${pod}.initContainers[0].command[2]`, "as root"],
  [set, `${container}.lifecycle`, "run a command beside the credential"],
  [set, `${container}.command`, "run another program"],
  [set, `${container}.args[9]`, "open a port"],
  [set, `${container}.env[4].value`, "load code into the process"],
  [set, `${container}.volumeMounts[0].mountPath`, "in the place of the pipeline"],
  [set, `${pod}.volumes[3]`, "files of the node"],
  [set, `${container}.image`, "any program"],
  [set, `${container}.livenessProbe.httpGet.host`, "hide a collector that hangs"],
  [set, `${container}.resources.limits.memory`, "the node's memory"],
  [set, `${pod}.securityContext.runAsUser`, "loosen"],
  [set, `${pod}.hostAliases`, "Loki's name"],
  [set, `${pod}.hostPID`, "belongs to the node"],
  [set, `${pod}.serviceAccountName`, "somebody else's rights"],
  [set, "spec.template.metadata.annotations.a", "network plugin"],
  [set, "spec.template.metadata.labels.a", "out of the NetworkPolicy"],
  [set, `${pod}.tolerations[0].key`, "leave nodes without a collector"],
  [set, "spec.updateStrategy.type", "many nodes without a collector"],
  [network, "spec.podSelector.matchLabels", "without a policy"],
  [network, "spec.egress[0].to[0].podSelector", "open a way"],
  [monitor, "spec.podMetricsEndpoints[0].metricRelabelings", "drop samples"],
  [monitor, "spec.namespaceSelector.any", "pods of others"],
  [core("ConfigMap"), 'data["config.alloy"]', "every collector runs"],
  [rbac("ClusterRole"), "rules[0].verbs[0]", "may do in the cluster"],
  [rbac("ClusterRoleBinding"), "subjects[0].name", "who may do"],
  [core("ServiceAccount"), "metadata.annotations", "a role in a cloud"],
  [core("ServiceAccount"), "automountServiceAccountToken", "every container a token"],
  [core("Namespace"), "metadata.labels.a", "out of what admission checks"],
  ["vault:index/policy:Policy", "policy", "read and write in Vault"],
  ["vault:kubernetes/authBackendRole:AuthBackendRole", "tokenPeriod", "log in to Vault"],
  ["pulumi:providers:kubernetes", "context", "another cluster"],
];

const strangers: readonly (readonly [type: string, words: string])[] = [
  ["kubernetes:admissionregistration.k8s.io/v1:MutatingWebhookConfiguration", "every object that anybody writes"],
  ["command:local:Command", "run any code"],
  ["pulumi:providers:kubernetes", "another cluster"],
  ["vault:generic/secret:Secret", "in Vault"],
  ["kubernetes:external-secrets.io/v1:ExternalSecret", "a token that lives for ever"],
  [rbac("RoleBinding"), "no component of the pipeline needs"],
  [core("Service"), "asks for no password"],
  ["kubernetes:cilium.io/v2:CiliumNetworkPolicy", "policies add up"],
  ["kubernetes:monitoring.coreos.com/v1:ServiceMonitor", "show its token"],
  ["kubernetes:batch/v1:Job", "beside the collectors"],
  [core("ServiceAccount"), "under a name they trust"],
  [core("ConfigMap"), "mounted in the place"],
  ["kubernetes:example.com/v1:Widget", "its operator make anything"],
];

describe("the danger of a difference", () => {
  for (const [type, path, words] of differences)
    it(`is said of ${type.slice(type.lastIndexOf(":") + 1)} ${path}`, () => {
      const said = withDanger(type, path, "differs");
      assert.ok(said.startsWith("differs: it ") && said.includes(words), said);
    });

  for (const [type, words] of strangers)
    it(`is said of a ${type} that nobody asked for`, () => {
      const said = withDangerOfResource(type, "is too much");
      assert.ok(said.startsWith("is too much: it ") && said.includes(words), said);
    });

  it("is in no line of the tables that nothing reaches", () => {
    const texts = [
      ...differences.map(([type, path]) => withDanger(type, path, "")),
      ...strangers.map(([type]) => withDangerOfResource(type, "")),
    ];
    const idle = [...ofFields, ...ofResources].filter(({ can }) => !texts.includes(`: it ${can}`));
    assert.deepEqual(
      idle.map(({ can }) => can),
      [],
    );
  });

  it("is not made up where none is known", () => {
    assert.equal(withDanger(set, "metadata.name", "differs"), "differs");
    assert.equal(withDangerOfResource("kubernetes:coordination.k8s.io/v1:Lease", "is too much"), "is too much");
    assert.equal(withDangerOfResource("random:index/randomId:RandomId", "is too much"), "is too much");
  });
});
