import type { Resource } from "../../policy/rule";
import { canaryOf, canaryTrafficOf } from "../../policy/rules/alloy";
import type { Traffic } from "../../policy/rules/alloy/network";
import type { CanaryWorkload } from "../../policy/rules/alloy/workload";
import { happyNetworkPolicy, happyPodMonitor, settings } from "./happy";
import { resource, withField } from "./support";

/** The canary of the tests' settings, as the rules expect it. */
export const canary: CanaryWorkload = required(canaryOf(settings));
export const canaryTraffic: Traffic = canaryTrafficOf(settings, canary);

const labels = { "app.kubernetes.io/name": "alloy-canary", "app.kubernetes.io/instance": "alloy" };
const metadata = { name: "alloy-canary", namespace: "monitoring", labels };

/** The canary's DaemonSet as the program makes it. */
export function happyCanary(): Resource {
  return resource("kubernetes:apps/v1:DaemonSet", "alloy-canary", {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { ...metadata },
    spec: {
      selector: { matchLabels: { ...labels } },
      template: {
        metadata: { labels: { ...labels } },
        spec: {
          serviceAccountName: "alloy-canary",
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "alloy-canary",
              image: settings.canary.image,
              args: ["-addr=loki-gateway.monitoring.svc:80", "-user=$(LOKI_USERNAME)", "-pass=$(LOKI_PASSWORD)"],
              env: [
                { name: "LOKI_USERNAME", valueFrom: { secretKeyRef: { name: "loki-reader", key: "username" } } },
                { name: "LOKI_PASSWORD", valueFrom: { secretKeyRef: { name: "loki-reader", key: "password" } } },
              ],
              ports: [{ name: "http-metrics", containerPort: 3500 }],
              resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "100m", memory: "128Mi" } },
              securityContext: {
                runAsNonRoot: true,
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
            },
          ],
        },
      },
    },
  });
}

export function happyCanaryMonitor(): Resource {
  const monitor = withField(happyPodMonitor(), "spec.selector.matchLabels", { ...labels });
  return { ...withField(monitor, "metadata", { ...metadata }), name: "alloy-canary" };
}

export function happyCanaryPolicy(): Resource {
  let policy = withField(happyNetworkPolicy(), "spec.podSelector.matchLabels", { ...labels });
  policy = withField(policy, "spec.ingress[0].ports[0].port", 3500);
  const { egress } = policy.props["spec"] as { egress: unknown[] };
  policy = withField(policy, "spec.egress", [egress[0], egress[3]]);
  return { ...withField(policy, "metadata", { ...metadata }), name: "alloy-canary" };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the tests' settings have no canary");
  return value;
}
