import type { JsonObject } from "./kube-api";

/** The sandbox's nodes, in order; the first carries the control plane's label and taint. */
export const nodeNames = ["node-1", "node-2", "node-3"] as const;

/**
 * Node objects as a small cluster has them. The capacity is what a scheduler reads, not what this machine has: the
 * processes of all three share this machine.
 */
export function nodeObjects(): JsonObject[] {
  return nodeNames.map((name, index) => {
    const controlPlane = index === 0;
    const resources = {
      cpu: "4",
      memory: "16Gi",
      "ephemeral-storage": "100Gi",
      pods: "110",
    };
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        labels: {
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          "kubernetes.io/arch": process.arch === "arm64" ? "arm64" : "amd64",
          "topology.kubernetes.io/region": "sandbox",
          "topology.kubernetes.io/zone": `sandbox-${index + 1}`,
          "node.kubernetes.io/instance-type": "sandbox.4cpu-16gi",
          [controlPlane ? "node-role.kubernetes.io/control-plane" : "node-role.kubernetes.io/worker"]: "",
        },
      },
      spec: controlPlane ? { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] } : {},
      status: {
        capacity: resources,
        allocatable: resources,
        // The API server asks the kubelet for logs by hostname first, so it has to lead to this machine.
        addresses: [
          { type: "InternalIP", address: "127.0.0.1" },
          { type: "Hostname", address: "localhost" },
        ],
      },
    };
  });
}
