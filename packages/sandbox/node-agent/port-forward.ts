import type { KubeApi } from "../servers/cluster/kube-api";
import type { Listener } from "./listen";

/**
 * Lets kwok lead `kubectl port-forward` of the pod's port to where its collector really listens; the pod owns the object,
 * so it goes with it. Source: https://kwok.sigs.k8s.io/docs/user/port-forward-configuration/
 */
export async function servePort(
  api: KubeApi,
  pod: { namespace: string; name: string; uid: string },
  { podPort, localPort }: Pick<Listener, "podPort" | "localPort">,
): Promise<void> {
  await api.apply({
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "PortForward",
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: pod.name, uid: pod.uid }],
    },
    spec: { forwards: [{ ports: [podPort], target: { port: localPort, address: "127.0.0.1" } }] },
  });
}
