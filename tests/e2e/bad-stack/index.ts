import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

// Three mistakes on purpose, all else as it should be: a privileged container, an image without a version, a wildcard.
const { context } = new pulumi.Config("alloy").requireObject<{ context: string }>("kubernetes");
const provider = new k8s.Provider("kubernetes", { kubeconfig: "", context });

new k8s.rbac.v1.ClusterRole(
  "bad-role",
  { metadata: { name: "bad" }, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] },
  { provider },
);

const labels = { "app.kubernetes.io/name": "bad" };
new k8s.apps.v1.DaemonSet(
  "bad-daemon-set",
  {
    metadata: { name: "bad", namespace: "default", labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65534,
            runAsGroup: 65534,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: "bad",
              image: "docker.io/library/busybox:latest",
              resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
              securityContext: { privileged: true, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  },
  { provider },
);
