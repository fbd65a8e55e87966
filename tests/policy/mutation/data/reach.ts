import type { Mutation } from "../mutation";
import { additions, collector, fields, goodContainer, goodDeployment, pod, set } from "./fields";

const account = "ServiceAccount/alloy";
const metadata = { name: "extra", namespace: "monitoring" };
const template = "spec.template.metadata";

const object = (apiVersion: string, kind: string, props: Record<string, unknown>) => ({
  type: `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`,
  name: "extra",
  props: { apiVersion, kind, metadata, ...props },
});
const service = (spec: Record<string, unknown>) => object("v1", "Service", { spec: { selector: { a: "b" }, ...spec } });
// A kind that is known: of one that is not, rule kind-allowed says so whatever is in it.
const search = (spec: Record<string, unknown>) => object("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", { spec });
const monitor = (endpoint: Record<string, unknown>) =>
  object("monitoring.coreos.com/v1", "ServiceMonitor", {
    spec: { selector: {}, endpoints: [{ port: "http", ...endpoint }] },
  });
const policy = (spec: Record<string, unknown>) =>
  object("networking.k8s.io/v1", "NetworkPolicy", { spec: { podSelector: {}, ...spec } });
const bindingTo = (name: string) =>
  object("rbac.authorization.k8s.io/v1", "RoleBinding", {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "ServiceAccount", name: "alloy", namespace: "monitoring" }],
  });
const ingress = (key: string) =>
  object("networking.k8s.io/v1", "Ingress", { metadata: { ...metadata, annotations: { [key]: "a" } }, spec: {} });
const other = (type: string, providerType: string) => ({
  type,
  name: "extra",
  props: {},
  providerType,
  provider: "own",
});
const deployment = (spec: Record<string, unknown>) => {
  const inner = goodDeployment.spec.template;
  return {
    type: "kubernetes:apps/v1:Deployment",
    name: "extra",
    props: {
      ...goodDeployment,
      spec: { ...goodDeployment.spec, template: { ...inner, spec: { ...inner.spec, ...spec } } },
    },
  };
};

export const reachMutations: Mutation[] = [
  ...fields("rbac-role-known", "foreign", "ClusterRoleBinding/alloy", [
    ["roleRef.name", "site-operators"],
    ["roleRef.kind", "Role"],
  ]),
  ...additions("rbac-role-known", "foreign", [bindingTo("site-operators")]),
  ...fields("service-account-cloud-role", "foreign", account, [
    ['metadata.annotations["eks.amazonaws.com/role-arn"]', "arn:aws:iam::1:role/a"],
    ['metadata.annotations["iam.gke.io/gcp-service-account"]', "a@b.iam.gserviceaccount.com"],
    ['metadata.annotations["azure.workload.identity/client-id"]', "0"],
  ]),
  ...fields("pod-annotations", "foreign", set, [
    [`${template}.annotations["k8s.v1.cni.cncf.io/networks"]`, "kube-system/host"],
    [`${template}.annotations["io.kubernetes.cri-o.Devices"]`, "/dev/sda"],
    [`${template}.annotations["iam.amazonaws.com/role"]`, "admin"],
  ]),
  ...fields("pod-dns", "foreign", set, [
    [`${pod}.hostAliases`, [{ ip: "203.0.113.7", hostnames: ["loki"] }]],
    [`${pod}.dnsPolicy`, "None"],
    [`${pod}.dnsConfig`, { nameservers: ["203.0.113.7"] }],
  ]),
  ...fields("pod-scheduling", "foreign", set, [[`${pod}.nodeName`, "control-plane-0"]]),
  ...additions("pod-scheduling", "foreign", [
    deployment({ tolerations: [{ operator: "Exists" }] }),
    deployment({ nodeName: "control-plane-0" }),
  ]),
  ...fields("storage-volumes", "foreign", set, [
    [`${pod}.volumes[9]`, { name: "share", csi: { driver: "nfs.csi.k8s.io" } }],
    [`${collector}.volumeDevices`, [{ name: "disk", devicePath: "/dev/sda" }]],
  ]),
  ...additions("storage-volumes", "foreign", [
    object("v1", "PersistentVolumeClaim", { spec: { volumeName: "of-somebody-else" } }),
    object("v1", "PersistentVolume", { metadata: { name: "a" }, spec: { nfs: { server: "a", path: "/" } } }),
  ]),
  ...additions("service-exposure", "foreign", [
    service({ type: "LoadBalancer" }),
    service({ type: "NodePort" }),
    service({ externalIPs: ["192.0.2.1"] }),
    object("v1", "Endpoints", { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 10250 }] }] }),
  ]),
  ...additions("ingress-annotations", "foreign", [
    ingress("nginx.ingress.kubernetes.io/configuration-snippet"),
    ingress("nginx.ingress.kubernetes.io/mirror-target"),
    ingress("nginx.org/server-snippets"),
  ]),
  ...additions("guard-effective", "foreign", [
    policy({ policyTypes: ["Egress"], egress: [{}] }),
    policy({ policyTypes: ["Ingress"], ingress: [{ from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] }),
    object("policy/v1", "PodDisruptionBudget", { spec: { maxUnavailable: 0, selector: {} } }),
    object("v1", "ResourceQuota", { spec: {} }),
  ]),
  ...additions("monitor-credentials", "foreign", [
    monitor({ proxyUrl: "http://203.0.113.7:3128" }),
    monitor({ bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token" }),
    monitor({ tlsConfig: { keyFile: "/etc/prometheus/key.pem" } }),
  ]),
  ...additions("package-allowed", "foreign", [
    other("command:local:Command", "pulumi:providers:command"),
    other("kubectl:index/manifest:Manifest", "pulumi:providers:kubectl"),
    other("pulumi-nodejs:dynamic:Resource", "pulumi:providers:pulumi-nodejs"),
  ]),
  ...additions("kind-allowed", "foreign", [
    object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", { metadata: { name: "a" } }),
    object("apiregistration.k8s.io/v1", "APIService", { metadata: { name: "a" } }),
    object("helm.cattle.io/v1", "HelmChart", { spec: { chart: "a" } }),
    object("example.com/v1", "ClusterWidget", { metadata: { name: "a" } }),
    object("example.com/v1", "Widget", { spec: { size: 1 } }),
  ]),
  ...additions("object-embedded", "foreign", [
    search({ template: { spec: { containers: [goodContainer] } } }),
    search({ manifest: { apiVersion: "v1", kind: "Pod", spec: {} } }),
    search({ tasks: [{ steps: [{ image: "a", command: ["b"] }] }] }),
  ]),
];
