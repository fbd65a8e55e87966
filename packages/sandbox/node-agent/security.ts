import type { V1Container, V1Pod } from "@kubernetes/client-node";

import { SetupError, unsupported } from "./errors";

/** Who a container's process is and what it may do. */
export interface Identity {
  uid: number;
  gid: number;
  /** Supplementary groups, without `gid`. */
  groups: number[];
  /** Without the prefix CAP_, sorted. */
  capabilities: string[];
  readOnlyRoot: boolean;
}

/** What containerd gives a container that asks for nothing. */
const defaultCapabilities = [
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"],
  ...["SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
];

/**
 * The identity that a pod's and a container's securityContext ask for; the container's fields win. An image runs as
 * root where neither says otherwise (Alloy's does).
 */
export function identityOf(pod: V1Pod, container: V1Container): Identity {
  const of = container.securityContext ?? {};
  const shared = pod.spec?.securityContext ?? {};
  if (of.privileged === true) throw unsupported("privileged containers");
  if (pod.spec?.hostPID === true || pod.spec?.hostIPC === true) throw unsupported("the host's namespaces");
  const uid = of.runAsUser ?? shared.runAsUser ?? 0;
  if ((of.runAsNonRoot ?? shared.runAsNonRoot ?? false) && uid === 0) {
    throw new SetupError(
      "CreateContainerConfigError",
      `container has runAsNonRoot and image will run as root (pod: "${pod.metadata?.name ?? ""}", container: ${container.name})`,
    );
  }
  const gid = of.runAsGroup ?? shared.runAsGroup ?? 0;
  const groups = [...(shared.supplementalGroups ?? []), ...(shared.fsGroup === undefined ? [] : [shared.fsGroup])];
  return {
    uid,
    gid,
    groups: [...new Set(groups)].filter((group) => group !== gid),
    capabilities: capabilitiesOf(of.capabilities?.drop ?? [], of.capabilities?.add ?? []),
    readOnlyRoot: of.readOnlyRootFilesystem ?? false,
  };
}

function capabilitiesOf(drop: string[], add: string[]): string[] {
  const plain = (name: string): string => name.toUpperCase().replace(/^CAP_/, "");
  const dropped = drop.map(plain);
  if (add.map(plain).includes("ALL")) throw unsupported("capability ALL");
  const kept = dropped.includes("ALL") ? [] : defaultCapabilities.filter((name) => !dropped.includes(name));
  return [...new Set([...kept, ...add.map(plain)])].sort();
}

/**
 * Mode of a projected service account token, as kubelet's projected volume sets it: 0600 for the one user that all
 * containers run as, 0640 through fsGroup, else readable for all (the init container of another uid makes it so).
 */
export function tokenMode(pod: V1Pod): { mode: number; uid: number | undefined } {
  const shared = pod.spec?.securityContext;
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const users = new Set(containers.map((container) => container.securityContext?.runAsUser ?? shared?.runAsUser));
  const [user] = users;
  if (shared?.fsGroup !== undefined) return { mode: 0o640, uid: undefined };
  return users.size === 1 && user !== undefined ? { mode: 0o600, uid: user } : { mode: 0o644, uid: undefined };
}
