import type { Mutation } from "../mutation";
import { additions, collector, fields, goodContainer, goodDeployment, pod, set } from "./fields";

const deploymentWith = (spec: Record<string, unknown>): Record<string, unknown> => {
  const { template } = goodDeployment.spec;
  return {
    ...goodDeployment,
    spec: { ...goodDeployment.spec, template: { ...template, spec: { ...template.spec, ...spec } } },
  };
};
const deployment = (spec: Record<string, unknown>) => ({
  type: "kubernetes:apps/v1:Deployment",
  name: "extra",
  props: deploymentWith(spec),
});

export const podMutations: Mutation[] = [
  ...fields("pod-service-account", "foreign", set, [
    [`${pod}.serviceAccountName`],
    [`${pod}.serviceAccountName`, "default"],
  ]),
  ...additions("pod-service-account", "foreign", [
    deployment({ serviceAccountName: undefined }),
    deployment({ serviceAccountName: undefined, serviceAccount: "default" }),
  ]),
  ...fields("pod-host-namespaces", "foreign", set, [
    [`${pod}.hostNetwork`, true],
    [`${pod}.hostPID`, true],
    [`${pod}.hostIPC`, true],
  ]),
  ...additions("pod-host-namespaces", "foreign", [deployment({ hostPID: true })]),
  ...fields("pod-host-ports", "foreign", set, [
    [`${collector}.ports[0].hostPort`, 12345],
    [`${collector}.ports[1]`, { name: "ui", containerPort: 80, hostPort: 80 }],
    [`${pod}.initContainers`, [{ ...goodContainer, ports: [{ containerPort: 1, hostPort: 1 }] }]],
  ]),
  ...fields("pod-host-path", "foreign", set, [
    [`${pod}.volumes[9]`, { name: "root", hostPath: { path: "/" } }],
    [`${pod}.volumes[8]`, { name: "logs", hostPath: { path: "/var/log" } }],
    [`${pod}.volumes[7]`, { name: "near", hostPath: { path: "/var/lib/alloy/../kubelet" } }],
    [`${pod}.volumes[6]`, { name: "socket", hostPath: { path: "/run/containerd/containerd.sock" } }],
  ]),
  ...additions("pod-host-path", "foreign", [
    {
      type: "kubernetes:core/v1:PersistentVolume",
      name: "extra",
      props: {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name: "extra" },
        spec: { local: { path: "/" } },
      },
    },
  ]),
  ...fields("pod-volume-types", "foreign", set, [
    [`${pod}.volumes[9]`, { name: "share", nfs: { server: "nfs.example.com", path: "/" } }],
    [`${pod}.volumes[8]`, { name: "source", gitRepo: { repository: "https://example.com/a.git" } }],
    [`${pod}.volumes[0].awsElasticBlockStore`, { volumeID: "vol-1" }],
  ]),
  ...fields("pod-sysctls", "foreign", set, [
    [`${pod}.securityContext.sysctls`, [{ name: "kernel.msgmax", value: "65536" }]],
    [`${pod}.securityContext.sysctls[0]`, { name: "net.core.somaxconn", value: "1024" }],
  ]),
  ...additions("pod-sysctls", "foreign", [
    deployment({
      securityContext: { ...goodDeployment.spec.template.spec.securityContext, sysctls: [{ name: "vm.swappiness" }] },
    }),
  ]),
  ...fields("pod-priority-class", "foreign", set, [[`${pod}.priorityClassName`, "system-cluster-critical"]]),
  ...fields("pod-priority-class", "production", set, [[`${pod}.priorityClassName`, "system-cluster-critical"]]),
  ...additions("pod-priority-class", "foreign", [
    deployment({ priorityClassName: "system-cluster-critical" }),
    deployment({ priorityClassName: "system-node-critical-2" }),
  ]),
  ...fields("pod-token-automount", "foreign", set, [
    [`${pod}.automountServiceAccountToken`, "false"],
    [`${pod}.automountServiceAccountToken`, true],
  ]),
  ...additions("pod-token-automount", "foreign", [
    deployment({ automountServiceAccountToken: undefined }),
    deployment({ automountServiceAccountToken: true }),
  ]),
  ...fields("workload-readable", "foreign", set, [
    [`${pod}.containers`, []],
    [`${pod}.containers`, { alloy: goodContainer }],
    [`${pod}.initContainers`, { prepare: { securityContext: { privileged: true } } }],
    [`${pod}.volumes`, { root: { hostPath: { path: "/" } } }],
    [`${collector}.env`, { PASSWORD: "correct-horse-battery" }],
    [`${collector}.ports`, "80"],
  ]),
  ...fields("workload-readable", "foreign", "ClusterRole/alloy", [["rules", { 0: { verbs: ["*"] } }]]),
];
