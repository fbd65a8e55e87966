/**
 * @severity high
 * @link https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
import { onPods } from "../pods";
import type { Rule } from "../rule";
import { eachEntry, isAbsent } from "../values";

/**
 * Annotations by which a runtime or a network plugin gives a pod what no field of it shows. Sources: cri-o,
 * docs/crio.conf.5.md, allowed_annotations; k8snetworkplumbingwg/multus-cni, docs/how-to-use.md; each project's own docs.
 */
const loosening: readonly { keys: RegExp; why: string }[] = [
  {
    keys: /(^|\.)(kubernetes\.cri-o\.io|cri-o\.io)(\/|$)|^io\.kubernetes\.cri-o\.|\.crio\.io(\/|$)/i,
    why: "has CRI-O change the container: devices, seccomp, mounts or user namespaces",
  },
  { keys: /^io\.(kubernetes\.cri|containerd|katacontainers)\./i, why: "has the runtime change the container" },
  { keys: /^(dev\.gvisor\.|io\.kubernetes\.docker\.)/i, why: "has the runtime change the container" },
  {
    keys: /^(k8s\.v1\.cni\.cncf\.io|v1\.multus-cni\.io|k8s\.cni\.cncf\.io)\/(networks|default-network)$/i,
    why: "attaches another network, past every NetworkPolicy",
  },
  {
    keys: /^(cni\.projectcalico\.org|ovn\.kubernetes\.io|k8s\.ovn\.org|kube-router\.io|k8s\.v1\.ovn\.org)\//i,
    why: "has the network plugin give the pod an address or a way of its own",
  },
  {
    keys: /^(policy\.cilium\.io\/no-track|io\.cilium\.no-track|cni\.cilium\.io\/)/i,
    why: "takes the pod's traffic past the network plugin",
  },
  { keys: /^security\.alpha\.kubernetes\.io\//i, why: "sets kernel parameters by the annotation of old clusters" },
  // Source: istio.io, Resource Annotations
  {
    keys: /^(sidecar\.istio\.io\/(userVolume(Mount)?|bootstrapOverride|proxyImage)|proxy\.istio\.io\/overrides|inject\.istio\.io\/templates)$/i,
    why: "has the sidecar injected with a volume, an image or a configuration of its own",
  },
  {
    keys: /^(traffic\.sidecar\.istio\.io\/exclude|config\.linkerd\.io\/skip-(in|out)bound)/i,
    why: "takes the pod's traffic past the mesh",
  },
  // Sources: linkerd.io, Proxy Configuration; docs.dapr.io, Dapr arguments and annotations; kubevirt.io, hook sidecars
  {
    keys: /^(config\.linkerd\.io\/(proxy-image|init-image|debug-image|proxy-init-image|enable-debug-sidecar)|dapr\.io\/(sidecar-image|volume-mounts(-rw)?|env)|hooks\.kubevirt\.io\/hooksidecars)/i,
    why: "has a sidecar injected with an image, a volume or a shell of its own",
  },
  // Source: developer.hashicorp.com, Vault Agent Injector annotations
  {
    keys: /^vault\.hashicorp\.com\/(agent-(image|run-as-user|run-as-group|run-as-same-user|copy-volume-mounts|configmap|extra-secret|set-security-context|json-patch)|agent-init-json-patch|service|proxy-address|tls-skip-verify|namespace)$/i,
    why: "has the injected agent run as another, from another image, or trust another server",
  },
  {
    keys: /^networking\.gke\.io\/(interfaces|default-interface)$/i,
    why: "attaches another network, past every NetworkPolicy",
  },
  { keys: /^openshift\.io\/scc$/i, why: "names a SecurityContextConstraint, which is the cluster's to say" },
  { keys: /^(iam\.amazonaws\.com|eks\.amazonaws\.com)\/role/i, why: "gives the pod a role in the cloud" },
  { keys: /^(cluster-autoscaler|kubelet)\.kubernetes\.io\/unsafe/i, why: "switches a safeguard off" },
  { keys: /^(scheduler\.alpha\.kubernetes\.io|kubernetes\.io\/config\.)/i, why: "schedules the pod past its fields" },
];

export const podAnnotations: Rule = {
  name: "pod-annotations",
  description: "No annotation gives a pod what its fields do not show: devices, networks, roles, another confinement.",
  severity: "high",
  remediation: "Remove it, or name the workload in this rule's `except` with the reason.",
  url: "https://kubernetes.io/docs/reference/labels-annotations-taints/",
  checks: [
    onPods((pod, report) =>
      eachEntry(pod.metadata()["annotations"], `${pod.metadataPath}.annotations`, report, (value, path, key) => {
        const why = loosening.find(({ keys }) => keys.test(key))?.why;
        if (why !== undefined && !isAbsent(value)) report.violation(path, why);
      }),
    ),
  ],
};
