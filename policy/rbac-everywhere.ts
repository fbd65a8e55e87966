/** What a grant leads to beyond what it says. */
export interface Consequence {
  groups: readonly string[];
  /** Resources with their subresources, in lower case; `*` for all of the groups. */
  resources: readonly string[];
  /** Verbs that lead there; `*` for any. */
  verbs: readonly string[];
  /** What its holder can do, a clause that follows the path of the resource. */
  why: string;
  /** Only where the grant holds in every namespace. */
  everywhere?: true;
}

export const write = ["create", "update", "patch"];
export const change = [...write, "delete", "deletecollection"];

/** What reaches somebody else's namespace: refused where a role holds in all of them. See rbac-consequences.ts. */
export const consequencesEverywhere: readonly Consequence[] = [
  {
    groups: [""],
    resources: ["endpoints"],
    verbs: ["update", "patch"],
    why: "sends a Service's traffic wherever it likes",
    everywhere: true,
  },
  // Source: CVE-2020-8554; kubernetes.io, RBAC good practices, for what a status may say
  {
    groups: [""],
    resources: ["services", "services/status", "pods/status"],
    verbs: write,
    why: "takes traffic for any address, or answers for somebody's pods",
    everywhere: true,
  },
  // Source: istio.io, Security best practices, "Control plane"
  {
    groups: ["networking.istio.io", "extensions.istio.io", "security.istio.io"],
    resources: ["*"],
    verbs: change,
    why: "decides where the mesh sends everybody's traffic, and whom it lets in",
    everywhere: true,
  },
  {
    groups: ["discovery.k8s.io"],
    resources: ["endpointslices"],
    verbs: write,
    why: "sends a Service's traffic wherever it likes",
    everywhere: true,
  },
  {
    groups: [""],
    resources: ["configmaps"],
    verbs: ["update", "patch"],
    why: "rewrites what the cluster itself reads, CoreDNS' zones and aws-auth among it",
    everywhere: true,
  },
  {
    groups: ["networking.k8s.io", "cilium.io", "crd.projectcalico.org", "projectcalico.org"],
    resources: [
      ...["networkpolicies", "ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies"],
      ...["globalnetworkpolicies", "adminnetworkpolicies"],
    ],
    verbs: change,
    why: "opens or closes the ways between everybody's pods",
    everywhere: true,
  },
  {
    groups: ["networking.k8s.io", "extensions", "gateway.networking.k8s.io", "route.openshift.io"],
    resources: [
      "ingresses",
      "httproutes",
      "grpcroutes",
      "tlsroutes",
      "tcproutes",
      "gateways",
      "routes",
      "routes/custom-host",
    ],
    verbs: write,
    why: "answers for any host name, by way of the proxy that serves everybody",
    everywhere: true,
  },
  {
    groups: ["gateway.networking.k8s.io"],
    resources: ["referencegrants"],
    verbs: write,
    why: "opens a namespace's Secrets and Services to objects of another one",
    everywhere: true,
  },
  // Source: prometheus-operator, Documentation/api-reference: an endpoint names a Secret of the namespace and a server
  {
    groups: ["monitoring.coreos.com"],
    resources: ["servicemonitors", "podmonitors", "probes", "scrapeconfigs"],
    verbs: write,
    why: "has Prometheus show any Secret of any namespace to a server of its holder's choice",
    everywhere: true,
  },
];
