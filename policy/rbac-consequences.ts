import { makers, ruling } from "./kinds";
import { change, consequencesEverywhere, write, type Consequence } from "./rbac-everywhere";

export type { Consequence };

const rbac = ["rbac.authorization.k8s.io", "authorization.openshift.io"];

/** Verbs that lead to any right, whatever they are granted on. */
export const escalatingVerbs: Readonly<Record<string, string>> = {
  escalate: "lets its holder write roles with more rights than it has",
  bind: "lets its holder bind itself to any role",
  impersonate: "lets its holder act as anybody",
};

/**
 * API group × resource × verb → consequence. Sources: https://kubernetes.io/docs/concepts/security/rbac-good-practices/,
 * "Privilege escalation risks"; https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/ for nodes;
 * for custom groups, the operator's own security pages.
 */
export const consequences: readonly Consequence[] = [
  // Workload creation.
  ...[
    { groups: [""], resources: ["pods", "replicationcontrollers", "podtemplates"] },
    {
      groups: ["apps", "extensions"],
      resources: ["deployments", "daemonsets", "statefulsets", "replicasets", "controllerrevisions"],
    },
    { groups: ["batch"], resources: ["jobs", "cronjobs"] },
    { groups: ["apps.openshift.io"], resources: ["deploymentconfigs"] },
    { groups: ["build.openshift.io"], resources: ["buildconfigs", "builds", "buildconfigs/instantiate"] },
  ].map((place) => ({
    ...place,
    verbs: write,
    why: "runs pods as any ServiceAccount of the namespace, with any of its Secrets",
  })),
  // Operators that run pods or apply objects on behalf of whoever writes theirs.
  {
    groups: [...Object.keys(makers), "keda.sh"],
    resources: ["*"],
    verbs: write,
    why: "has an operator run pods or write objects with the operator's own rights",
  },
  ...Object.entries(ruling).map(([group, why]) => ({ groups: [group], resources: ["*"], verbs: change, why })),
  // Source: prometheus-operator, Documentation/rbac.md: its pods run as the ServiceAccount that their object names.
  {
    groups: ["monitoring.coreos.com"],
    resources: ["prometheuses", "prometheusagents", "alertmanagers", "thanosrulers"],
    verbs: write,
    why: "has an operator run pods as any ServiceAccount of the namespace, with any of its Secrets",
  },
  // Source: https://external-secrets.io/latest/guides/security-best-practices/
  {
    groups: [
      "external-secrets.io",
      "secrets.hashicorp.com",
      "secrets-store.csi.x-k8s.io",
      "generators.external-secrets.io",
    ],
    resources: ["*"],
    verbs: write,
    why: "has an operator copy secrets of the store into Secrets of its own choice",
  },
  // Into other pods.
  { groups: [""], resources: ["pods/exec"], verbs: ["*"], why: "runs commands in other pods" },
  { groups: [""], resources: ["pods/attach"], verbs: ["*"], why: "speaks to processes in other pods" },
  {
    groups: [""],
    resources: ["pods/portforward", "pods/proxy", "services/proxy"],
    verbs: ["*"],
    why: "opens connections into other pods",
  },
  {
    groups: [""],
    resources: ["bindings", "pods/binding"],
    verbs: ["*"],
    why: "puts pods on nodes past the scheduler, and past the nodes' taints",
  },
  { groups: [""], resources: ["pods/ephemeralcontainers"], verbs: ["*"], why: "puts containers into other pods" },
  // Nodes and the kubelet's API.
  {
    groups: [""],
    resources: ["nodes/proxy"],
    verbs: ["*"],
    why: "opens the kubelet's API, which runs commands in every pod without admission or audit",
  },
  { groups: [""], resources: ["nodes/log"], verbs: ["*"], why: "reads the node's own logs, and files beside them" },
  {
    groups: [""],
    resources: ["nodes/checkpoint"],
    verbs: ["*"],
    why: "writes a container's memory, secrets in it, to the node's disk",
  },
  {
    groups: [""],
    resources: ["nodes", "nodes/status"],
    verbs: change,
    why: "decides which pods a node gets, by its labels and taints",
  },
  // Identities.
  { groups: [""], resources: ["serviceaccounts/token"], verbs: ["*"], why: "makes tokens of other ServiceAccounts" },
  // A trust names an account before it is there, and clouds read its annotations. Sources: eks.amazonaws.com/role-arn in
  // https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html; Vault, auth/kubernetes, roles
  {
    groups: [""],
    resources: ["serviceaccounts"],
    verbs: write,
    why: "makes ServiceAccounts under names that bindings, Vault or a cloud trust, or marks one for a role in a cloud",
  },
  {
    groups: ["certificates.k8s.io"],
    resources: ["certificatesigningrequests"],
    verbs: ["create"],
    why: "asks for client certificates in any name",
  },
  {
    groups: ["certificates.k8s.io"],
    resources: ["certificatesigningrequests/approval", "certificatesigningrequests/status"],
    verbs: ["*"],
    why: "approves certificates for anybody",
  },
  {
    groups: ["certificates.k8s.io"],
    resources: ["signers"],
    verbs: ["*"],
    why: "signs or approves certificates for anybody",
  },
  {
    groups: rbac,
    resources: ["roles", "clusterroles", "rolebindings", "clusterrolebindings"],
    verbs: write,
    why: "hands on every right that its holder has, to anybody",
  },
  {
    groups: ["security.openshift.io"],
    resources: ["securitycontextconstraints"],
    verbs: ["use", ...write],
    why: "runs pods with what that constraint allows, up to root on the node",
  },
  {
    groups: ["policy", "extensions"],
    resources: ["podsecuritypolicies"],
    verbs: ["use", ...write],
    why: "runs pods with what that policy allows, up to root on the node",
  },
  // What the whole cluster obeys.
  {
    groups: ["admissionregistration.k8s.io"],
    resources: ["*"],
    verbs: change,
    why: "sees, changes or lets through every object that anybody writes",
  },
  {
    groups: ["apiregistration.k8s.io"],
    resources: ["apiservices", "apiservices/status"],
    verbs: change,
    why: "takes over a part of the Kubernetes API, with the callers' tokens",
  },
  {
    groups: ["apiextensions.k8s.io"],
    resources: ["customresourcedefinitions"],
    verbs: change,
    why: "deletes all objects of a kind, or has each converted by a server of its own",
  },
  {
    groups: [""],
    resources: ["namespaces", "namespaces/finalize"],
    verbs: write,
    why: "decides about the pod-security labels of a namespace",
  },
  {
    groups: [""],
    resources: ["persistentvolumes"],
    verbs: write,
    why: "mounts any directory of a node by way of a claim",
  },
  // Source: https://kubernetes.io/docs/concepts/storage/volume-snapshots/#volume-snapshot-contents, snapshotHandle
  {
    groups: ["snapshot.storage.k8s.io"],
    resources: ["volumesnapshotcontents"],
    verbs: write,
    why: "reads anybody's volume by way of a snapshot of it",
  },
  {
    groups: ["certificates.k8s.io"],
    resources: ["clustertrustbundles"],
    verbs: change,
    why: "says whom the whole cluster trusts",
  },
  {
    groups: ["resource.k8s.io"],
    resources: ["deviceclasses", "resourceslices", "devicetaintrules"],
    verbs: change,
    why: "decides which devices everybody's pods get",
  },
  {
    groups: ["storage.k8s.io"],
    resources: ["storageclasses", "csidrivers", "csinodes", "volumeattachments"],
    verbs: change,
    why: "decides where everybody's volumes lie, or attaches them",
  },
  { groups: ["node.k8s.io"], resources: ["runtimeclasses"], verbs: change, why: "loosens what pods are confined by" },
  {
    groups: ["scheduling.k8s.io", "flowcontrol.apiserver.k8s.io"],
    resources: ["*"],
    verbs: change,
    why: "puts its own pods or requests before everybody's",
  },
  ...consequencesEverywhere,
];
