import assert from "node:assert/strict";

import { ownerObstacles } from "../../operations/adoption/owners";
import { judgeWorkloads, workloadOf, type Workload } from "../../operations/adoption/workloads";
import { taken } from "../support/taken-over";

interface Seen {
  kind: "DaemonSet" | "Deployment";
  name: string;
  namespace: string;
  image: string;
  account?: string;
  hostPaths?: string[];
}

const workload = ({ kind, name, namespace, image, account = name, hostPaths = [] }: Seen): Workload =>
  workloadOf(kind, {
    metadata: { name, namespace, uid: `${kind}-${name}` },
    spec: {
      template: {
        spec: {
          serviceAccountName: account,
          containers: [{ name: "main", image }],
          volumes: hostPaths.map((path, at) => ({ name: `host-${at}`, hostPath: { path } })),
        },
      },
    },
  });

const podLogs = 'discovery.kubernetes "p" {\n role = "pod"\n}\nloki.source.kubernetes "pods" {\n}\n';
const traces = 'otelcol.receiver.otlp "default" {\n}\n';
const around = { accounts: [{ namespace: "monitoring", name: "alloy" }], own: undefined, handsOver: false };

/** Clusters as people described them in public; docs/reports-tried.md names each. */
describe("an adoption in clusters from public reports", () => {
  // sagar2395/snowopslabs#46: Promtail reads the logs, and an Alloy beside it takes traces only.
  it("names the Promtail that reads the same logs, and not the Alloy for traces beside it", () => {
    const promtail = workload({
      ...{ kind: "DaemonSet", name: "promtail", namespace: "monitoring", image: "docker.io/grafana/promtail:3.0.0" },
      hostPaths: ["/run/promtail", "/var/lib/docker/containers", "/var/log/pods"],
    });
    const alloy = workload({
      ...{ kind: "Deployment", name: "alloy-traces", namespace: "monitoring", image: "docker.io/grafana/alloy:v1.5.0" },
    });
    const { obstacles, beside } = judgeWorkloads([promtail, alloy], around, ({ name }) =>
      name === "alloy-traces" ? traces : undefined,
    );
    assert.deepEqual(
      obstacles.map(({ problem }) => /^DaemonSet monitoring\/promtail .*twice/.test(problem)),
      [true],
    );
    assert.equal(beside.filter((line) => line.includes("alloy-traces")).length, beside.length);
  });

  // grafana/k8s-monitoring-helm#1298: the chart's own DaemonSet for logs has another name and namespace.
  it("names the DaemonSet of k8s-monitoring, whatever it is called", () => {
    const logs = workload({
      ...{ kind: "DaemonSet", name: "grafana-k8s-monitoring-alloy-logs", namespace: "observability" },
      ...{ image: "docker.io/grafana/alloy:v1.7.1", hostPaths: ["/var/log"] },
    });
    const { obstacles } = judgeWorkloads([logs], around, () => podLogs);
    assert.equal(obstacles.length, 1);
    assert.match(obstacles[0]?.problem ?? "", /^DaemonSet observability\/grafana-k8s-monitoring-alloy-logs .*twice/);
  });

  // ionfury/homelab#212: Flux's HelmRelease puts back what somebody takes over.
  it("names the HelmRelease of Flux that would put the old collectors back", () => {
    const labels = { "helm.toolkit.fluxcd.io/name": "alloy", "helm.toolkit.fluxcd.io/namespace": "monitoring" };
    const flux = [{ kind: "HelmRelease", metadata: { name: "alloy", namespace: "monitoring" }, spec: {} }];
    const { obstacles } = ownerObstacles([taken("DaemonSet", { labels })], { applications: [], flux });
    assert.equal(obstacles.length, 1);
    assert.match(obstacles[0]?.problem ?? "", /HelmRelease (?:monitoring\/)?alloy/);
    assert.match(obstacles[0]?.remedy ?? "", /\S/);
  });
});
