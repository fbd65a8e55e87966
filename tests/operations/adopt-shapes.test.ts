import assert from "node:assert/strict";

import { agentOf, readsPodLogs } from "../../operations/adoption/agents";
import { reloadedEarly } from "../../operations/adoption/pipeline";
import { judgeWorkloads, workloadOf, type Workload } from "../../operations/adoption/workloads";

interface Shape {
  name?: string;
  namespace?: string;
  account?: string;
  image?: string;
  args?: string[];
  hostPath?: string;
  configMap?: string;
  owner?: { kind: string; name: string; uid: string };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

const podSpec = ({ account, image = "docker.io/grafana/alloy:v1.18.1", args, hostPath, configMap }: Shape): object => ({
  ...(account !== undefined && { serviceAccountName: account }),
  containers: [
    { name: "main", image, ...(args && { args }) },
    { name: "reloader", image: "quay.io/x/reloader:v1" },
  ],
  volumes: [
    ...(hostPath === undefined ? [] : [{ name: "host", hostPath: { path: hostPath } }]),
    ...(configMap === undefined ? [] : [{ name: "config", configMap: { name: configMap } }]),
  ],
});

/** One workload of a kind, with its pods' spec where that kind has it. */
function shape(kind: string, parts: Shape = {}): Workload {
  const pod = podSpec(parts);
  const template = { spec: pod };
  const spec = kind === "Pod" ? pod : kind === "CronJob" ? { jobTemplate: { spec: { template } } } : { template };
  const { name = "alloy", namespace = "monitoring", owner } = parts;
  const object = {
    metadata: {
      name,
      namespace,
      uid: `${kind}-${namespace}-${name}`,
      ...(owner && { ownerReferences: [{ ...owner, controller: true }] }),
    },
    spec: { ...spec, ...parts.spec },
    ...(parts.status && { status: parts.status }),
  };
  return workloadOf(kind, object);
}

const account = { namespace: "monitoring", name: "alloy" };

const judge = (workloads: Workload[], { handsOver = false, config }: { handsOver?: boolean; config?: string } = {}) =>
  judgeWorkloads(workloads, { accounts: [account], own: "own", handsOver }, () => config);

const problems = (...args: Parameters<typeof judge>): string[] =>
  judge(...args).obstacles.map(({ problem }) => problem);

const readsPods = 'loki.source.kubernetes "pods" {\n}\n';
const traces = 'otelcol.receiver.otlp "default" {\n}\n';

describe("workloads around an adoption", () => {
  for (const kind of [
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "CronJob",
    "Job",
    "Pod",
  ])
    it(`a ${kind} that runs as the ServiceAccount is an obstacle that nobody can force`, () => {
      const { obstacles } = judge([shape(kind, { account: "alloy" })], { handsOver: true });
      assert.equal(obstacles.length, 1);
      assert.match(
        obstacles[0]?.problem ?? "",
        new RegExp(`^${kind} monitoring/alloy runs as ServiceAccount monitoring/alloy: its permissions`),
      );
      assert.equal(obstacles[0]?.forced, undefined);
      assert.match(obstacles[0]?.remedy ?? "", /end it first \(.*alloy:namespace, alloy:names\.clusterRole/);
    });

  it("a program that is no collector loses its permissions, too", () => {
    assert.equal(problems([shape("Deployment", { name: "debug", image: "busybox:1", account: "alloy" })]).length, 1);
  });

  it("one that is scaled to zero, suspended or at its end takes no harm now", () => {
    const still = [
      shape("StatefulSet", { account: "alloy", spec: { replicas: 0 } }),
      shape("CronJob", { account: "alloy", spec: { suspend: true } }),
      shape("Job", { account: "alloy", status: { completionTime: "2026-01-01T00:00:00Z" } }),
      shape("Pod", { account: "alloy", status: { phase: "Succeeded" } }),
    ];
    const { obstacles, beside } = judge(still);
    assert.deepEqual(obstacles, []);
    assert.equal(beside.length, still.length);
    assert.match(beside[0] ?? "", /does not run now; it would start again with fewer permissions/);
  });

  it("a pod of a kind that nobody here knows is named with its owner", () => {
    const owner = { kind: "Rollout", name: "alloy", uid: "rollout" };
    assert.match(
      problems([shape("Pod", { name: "alloy-x", account: "alloy", owner })])[0] ?? "",
      /^Pod monitoring\/alloy-x of Rollout alloy runs as/,
    );
  });

  it("only the uppermost owner is named", () => {
    const deployment = shape("Deployment", { account: "alloy" });
    const set = shape("ReplicaSet", {
      name: "alloy-1",
      account: "alloy",
      owner: { kind: "Deployment", name: "alloy", uid: deployment.uid },
    });
    const pod = shape("Pod", {
      name: "alloy-1-x",
      account: "alloy",
      owner: { kind: "ReplicaSet", name: "alloy-1", uid: set.uid },
    });
    assert.equal(problems([deployment, set, pod]).length, 1);
  });

  it("the DaemonSet that is handed over and its pods are none", () => {
    const own = { ...shape("DaemonSet", { account: "alloy" }), uid: "own" };
    const pod = shape("Pod", {
      name: "alloy-x",
      account: "alloy",
      owner: { kind: "DaemonSet", name: "alloy", uid: "own" },
    });
    assert.deepEqual(judge([own, pod]), { obstacles: [], beside: [] });
  });

  it("an Alloy of another namespace that reads pods' logs is an obstacle only if ours starts beside it", () => {
    const other = [shape("DaemonSet", { namespace: "logs", account: "alloy", configMap: "alloy" })];
    const [obstacle] = judge(other, { config: readsPods }).obstacles;
    assert.match(
      obstacle?.problem ?? "",
      /^DaemonSet logs\/alloy \(Alloy\) reads pods' logs, and would go on: each line would come twice/,
    );
    assert.equal(obstacle?.forced, true);
    const beside = judge(other, { config: readsPods, handsOver: true });
    assert.deepEqual(beside.obstacles, []);
    assert.match(beside.beside[0] ?? "", /those lines come twice, as they do now/);
  });

  it("an Alloy for traces is only named, and one whose configuration was not found might read", () => {
    const other = [shape("StatefulSet", { namespace: "tracing" })];
    assert.deepEqual(judge(other, { config: traces }).obstacles, []);
    assert.match(
      judge(other, { config: traces }).beside[0] ?? "",
      /StatefulSet tracing\/alloy \(Alloy\) reads no pods' logs/,
    );
    assert.match(problems(other)[0] ?? "", /may read pods' logs: its configuration was not found.*might come twice/);
  });

  it("Promtail, Fluent Bit and Vector that mount the node's logs read them", () => {
    for (const [name, image] of [
      ["Promtail", "registry.internal:5000/mirror/promtail:3.5.1"],
      ["Fluent Bit", "cr.fluentbit.io/fluent/fluent-bit@sha256:0000"],
      ["Vector", "timberio/vector:0.49.0-distroless-libc"],
    ] as const) {
      const agent = shape("DaemonSet", { name: "agent", namespace: "logging", image, hostPath: "/var/log/pods" });
      assert.match(problems([agent])[0] ?? "", new RegExp(`\\(${name}\\) reads pods' logs`));
      const aggregator = shape("StatefulSet", { name: "agent", namespace: "logging", image });
      assert.deepEqual(judge([aggregator]).obstacles, []);
    }
  });
});

describe("shapes that people have reported", () => {
  it("a clustered StatefulSet that reads PodLogs (grafana/alloy 4564, 3717)", () => {
    const clustered = shape("StatefulSet", { name: "alloy-logs", namespace: "logs", configMap: "alloy-logs" });
    const config = 'loki.source.podlogs "default" {\n  clustering {\n    enabled = true\n  }\n}\n';
    const [obstacle] = judge([clustered], { config }).obstacles;
    assert.match(obstacle?.problem ?? "", /^StatefulSet logs\/alloy-logs \(Alloy\) reads pods' logs/);
    assert.match(obstacle?.remedy ?? "", /kubectl -n logs scale statefulset alloy-logs --replicas=0/);
  });

  it("a DaemonSet that the Fluent operator makes from its own kind (fluent/fluent-operator 655, 1358)", () => {
    const owner = { kind: "FluentBit", name: "fluent-bit", uid: "cr" };
    const made = {
      namespace: "fluent",
      name: "fluent-bit",
      image: "kubesphere/fluent-bit:v2.0.10",
      hostPath: "/var/log",
    };
    const [obstacle] = judge([shape("DaemonSet", { ...made, owner })]).obstacles;
    assert.match(obstacle?.problem ?? "", /^DaemonSet fluent\/fluent-bit of FluentBit fluent-bit \(Fluent Bit\) reads/);
    assert.match(obstacle?.remedy ?? "", /by way of FluentBit fluent-bit, which holds it/);
  });

  it("Promtail and Vector side by side, one without a pod (thaum-xyz/ankhmorpork 1043)", () => {
    const both = ["grafana/promtail:3.5", "timberio/vector:0.49.0-alpine"].map((image, at) =>
      shape("DaemonSet", { name: `agent-${at}`, namespace: "logs", image, hostPath: "/var/log/pods" }),
    );
    assert.equal(judge(both).obstacles.length, 2);
  });
});

describe("which collector an image is", () => {
  const runs = (image: string, ...args: string[]): string | undefined =>
    agentOf({ images: [image], args, hostPaths: [] });

  it("goes by the last part of the name, whatever registry and tag", () => {
    for (const image of [
      "grafana/alloy",
      "alloy:v1",
      "localhost:5000/grafana/alloy:v1@sha256:1",
      "cgr.dev/chainguard/grafana-alloy:latest",
    ])
      assert.equal(runs(image), "Alloy", image);
    assert.equal(runs("docker.io/grafana/agent:v0.44"), "Grafana Agent");
    assert.equal(runs("amazon/aws-for-fluent-bit:2.32"), "Fluent Bit");
    assert.equal(runs("otel/opentelemetry-collector-contrib:0.130.0"), "OpenTelemetry Collector");
  });

  it("takes neither an operator nor another vendor's agent for one", () => {
    for (const image of [
      "ghcr.io/grafana/alloy-operator:1.2",
      "datadog/agent:7",
      "jenkins/inbound-agent:3",
      "pgvector/pgvector:pg17",
      "myteam/metalloy-api:1",
    ])
      assert.equal(runs(image), undefined, image);
  });

  it("goes by the arguments if the image has a name of its own", () => {
    assert.equal(
      runs("registry.internal/telemetry:7", "run", "/etc/alloy/config.alloy", "--storage.path=/tmp"),
      "Alloy",
    );
    assert.equal(runs("registry.internal/job:7", "run", "--all"), undefined);
  });

  it("reads what the configuration says, and no comment of it", () => {
    const parts = { images: [], args: [], hostPaths: [] };
    assert.equal(readsPodLogs("Alloy", parts, readsPods), "yes");
    assert.equal(readsPodLogs("Alloy", parts, `// loki.source.kubernetes "x" {}\n${traces}`), "no");
    assert.equal(readsPodLogs("Alloy", parts, 'loki.source.kubernetes_events "x" {}\n'), "no");
    assert.equal(readsPodLogs("Alloy", parts, 'import.git "x" {}\n'), "unknown");
    assert.equal(readsPodLogs("Alloy", { ...parts, hostPaths: ["/var/log"] }, 'loki.source.file "x" {}\n'), "yes");
    assert.equal(readsPodLogs("Alloy", { ...parts, hostPaths: ["/var/lib/alloy"] }, 'loki.source.file "x" {}\n'), "no");
  });
});

describe("a container that loads a changed ConfigMap", () => {
  it("is said if the old pods mount what is imported", () => {
    const daemonSet = (...images: string[]): object => ({
      spec: {
        template: {
          spec: {
            containers: images.map((image, at) => ({ name: `container-${at}`, image })),
            volumes: [{ configMap: { name: "alloy-config" } }, { hostPath: { path: "/var/lib/alloy" } }],
          },
        },
      },
    });
    const chart = daemonSet("grafana/alloy:v1", "quay.io/prometheus-operator/prometheus-config-reloader:v0.81.0");
    assert.match(reloadedEarly(chart, ["alloy-config"])[0] ?? "", /^the old pods load .* alloy-config .*container-1/);
    assert.deepEqual(reloadedEarly(chart, ["another"]), []);
    assert.deepEqual(reloadedEarly(daemonSet("grafana/alloy:v1"), ["alloy-config"]), []);
  });
});
