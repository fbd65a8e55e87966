import { podAnnotations } from "../../../policy/rules/pod-annotations";
import { podDns } from "../../../policy/rules/pod-dns";
import { podScheduling } from "../../../policy/rules/pod-scheduling";
import { storageVolumes } from "../../../policy/rules/storage-volumes";
import type { Resource } from "../../../policy/rule";
import { happyDaemonSet, happyPod } from "../happy";
import type { RuleSpec } from "../spec";
import { resource } from "../support";

const annotation = (key: string): string => `metadata.annotations["${key}"]`;
const claim = (): Resource =>
  resource("kubernetes:core/v1:PersistentVolumeClaim", "data", {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "shop" },
    spec: { storageClassName: "fast", accessModes: ["ReadWriteOnce"] },
  });
const volume = (): Resource =>
  resource("kubernetes:core/v1:PersistentVolume", "data", {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "data" },
    spec: { capacity: { storage: "1Gi" }, csi: { driver: "ebs.csi.aws.com", volumeHandle: "vol-1" } },
  });

export const morePodSpecs: RuleSpec[] = [
  {
    rule: podAnnotations,
    happy: happyPod,
    failures: [
      { field: annotation("io.kubernetes.cri-o.Devices"), set: "/dev/sda" },
      { field: annotation("seccomp-profile.kubernetes.cri-o.io"), set: "unconfined" },
      { field: annotation("k8s.v1.cni.cncf.io/networks"), set: "host" },
      { field: annotation("v1.multus-cni.io/default-network"), set: "host" },
      { field: annotation("io.katacontainers.config.hypervisor.path"), set: "/a" },
      { field: annotation("iam.amazonaws.com/role"), set: "admin" },
    ],
    passes: [
      { field: "metadata.annotations" },
      { field: annotation("prometheus.io/scrape"), set: "true" },
      { field: annotation("cluster-autoscaler.kubernetes.io/safe-to-evict"), set: "true" },
      { field: annotation("checksum/config"), set: "0".repeat(64) },
    ],
    unknown: ["metadata.annotations", annotation("k8s.v1.cni.cncf.io/networks")],
  },
  {
    rule: podDns,
    happy: happyPod,
    failures: [
      { field: "spec.dnsConfig.nameservers", set: ["192.0.2.1"] },
      { field: "spec.dnsConfig.nameservers", set: "192.0.2.1" },
      { field: "spec.dnsPolicy", set: "None" },
      { field: "spec.hostAliases", set: [{ ip: "192.0.2.1", hostnames: ["a"] }] },
      { field: "spec.hostAliases", set: "a" },
    ],
    passes: [
      { field: "spec.dnsPolicy", set: "ClusterFirst" },
      { field: "spec.dnsConfig", set: { options: [{ name: "ndots", value: "2" }] } },
      { field: "spec.hostAliases", set: [] },
    ],
    unknown: ["spec.dnsConfig", "spec.dnsPolicy", "spec.hostAliases"],
  },
  {
    rule: podScheduling,
    happy: happyPod,
    failures: [
      { field: "spec.nodeName", set: "node-1" },
      { field: "spec.nodeName", set: 7 },
      { field: "spec.tolerations", set: [{ operator: "Exists" }], says: "spec.tolerations[0]" },
    ],
    passes: [
      { field: "spec.nodeName", set: "" },
      { field: "spec.tolerations", set: [{ key: "example.com/gpu", operator: "Exists" }] },
    ],
    unknown: ["spec.nodeName", "spec.tolerations"],
  },
  {
    rule: podScheduling,
    happy: happyDaemonSet,
    failures: [{ field: "spec.template.spec.nodeName", set: "node-1" }],
    passes: [{ field: "spec.template.spec.tolerations", set: [{ operator: "Exists" }] }],
    unknown: ["spec.template.spec.nodeName"],
  },
  {
    rule: storageVolumes,
    happy: happyPod,
    failures: [
      { field: "spec.volumes[1]", set: { name: "a", csi: { driver: "nfs.csi.k8s.io" } }, says: "spec.volumes[1].csi" },
      { field: "spec.volumes[1]", set: { name: "a", csi: "nfs" }, says: "spec.volumes[1].csi" },
      { field: "spec.containers[0].volumeDevices", set: [{ name: "a", devicePath: "/dev/a" }] },
      { field: "spec.initContainers[0].volumeDevices", set: "a" },
    ],
    passes: [
      { field: "spec.volumes[1]", set: { name: "a", csi: { driver: "secrets-store.csi.k8s.io" } } },
      {
        field: "spec.volumes[1]",
        set: { name: "a", csi: { driver: "nfs.csi.k8s.io" } },
        options: { config: { drivers: ["nfs.csi.k8s.io"] } },
      },
      { field: "spec.containers[0].volumeDevices", set: [] },
    ],
    unknown: ["spec.volumes", "spec.containers[0].volumeDevices"],
  },
  {
    rule: storageVolumes,
    happy: claim,
    failures: [
      { field: "spec.volumeName", set: "pv-1" },
      { field: "spec.dataSourceRef.namespace", set: "other" },
    ],
    passes: [{ field: "spec.volumeName", set: "" }, { field: "spec.storageClassName" }],
    unknown: ["spec.volumeName", "spec.dataSourceRef"],
  },
  {
    rule: storageVolumes,
    happy: volume,
    failures: [
      { field: "spec.nfs", set: { server: "a", path: "/" } },
      { field: "spec.iscsi", set: {} },
      { field: "spec.csi.driver", set: "hostpath.csi.k8s.io", says: "spec.csi" },
    ],
    passes: [{ field: "spec.capacity" }, { field: "spec.csi", set: null }],
    unknown: ["spec.csi", "spec.csi.driver"],
  },
];
