import type * as k8s from "@pulumi/kubernetes";

/**
 * What a container of ours may do on its node that root could: nothing. It is what Kubernetes' level
 * `restricted` asks of a container, and a root filesystem that is read-only.
 */
export const unprivileged: k8s.types.input.core.v1.SecurityContext = {
  runAsNonRoot: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
