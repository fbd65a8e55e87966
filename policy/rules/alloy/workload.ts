import { isKind, nameOf, namespaceOf, type KubernetesObject } from "../../kubernetes";

/** A DaemonSet of the stack and where it runs: the collectors', or the canary's. */
export interface Workload {
  namespace: string;
  daemonSet: string;
}

/** What the canary may be, where the settings ask for one. */
export interface CanaryWorkload extends Workload {
  serviceAccount: string;
  container: string;
  image: string;
  /** Host and port of Loki, as they have to stand in its arguments. */
  address: string;
  /** Whether that address is an https one. */
  tls: boolean;
  /** The Secret with its credential; undefined where Loki asks for none. */
  secretName?: string;
  /** Variables with a part of the credential, and the key of the Secret that each is read from. */
  credential: readonly { name: string; key: string }[];
}

/** Whether the object is that DaemonSet. */
export function isWorkload(object: KubernetesObject, { namespace, daemonSet }: Workload): boolean {
  return isKind(object, "apps", "DaemonSet") && nameOf(object) === daemonSet && namespaceOf(object) === namespace;
}
