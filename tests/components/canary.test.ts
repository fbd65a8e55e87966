import assert from "node:assert/strict";

import { named, record, revealed, shape } from "../support/recording";
import type { StackValues } from "../support/settings";
import { configOf } from "../support/settings";
import { recordProgram } from "../../operations/recording/record-program";

interface Pod {
  metadata: { labels: Record<string, string> };
  spec: { volumes?: unknown; containers: { args: string[]; env: { name: string; value?: string }[] }[] };
}

async function podOf(values: StackValues): Promise<Pod> {
  const { inputs } = named(await record(values), "alloy-canary-daemon-set");
  return (revealed(inputs) as { spec: { template: Pod } }).spec.template;
}

const on = { canary: { enabled: true } };
const withSecret = {
  canary: { enabled: true, secretName: "reader", keys: { username: "u", password: "p" } },
  credentials: { mode: "existing", loki: "basic" },
};
const network = {
  enabled: true,
  scrapeCidrs: ["10.20.0.0/16"],
  destinations: {
    "kubernetes.default.svc": { cidrs: ["10.96.0.1/32"], port: 6443 },
    "loki-gateway.monitoring.svc": { podLabels: { app: "gateway" }, port: 8080 },
    "kube-prometheus-stack-prometheus.monitoring": { podLabels: { app: "prometheus" } },
  },
};
const ofCanary = (all: ReturnType<typeof shape>): string[] =>
  Object.keys(all).filter((name) => name.startsWith("alloy-canary"));

describe("the canary: what is declared", () => {
  it("nothing, where it is off", async () => {
    assert.deepEqual(ofCanary(shape(await record())), []);
  });

  it("a ServiceAccount, a DaemonSet and a PodMonitor, in a component of their own", async () => {
    const all = shape(await record(on));
    assert.deepEqual(all["alloy-canary"], ["detectviz:alloy:Canary", "alloy"]);
    assert.deepEqual(ofCanary(all).sort(), [
      "alloy-canary",
      "alloy-canary-daemon-set",
      "alloy-canary-pod-monitor",
      "alloy-canary-service-account",
    ]);
  });

  it("no PodMonitor without self-monitoring, and a NetworkPolicy with alloy:network", async () => {
    const unmonitored = shape(await record({ ...on, selfMonitoring: { enabled: false } }));
    assert.ok(!("alloy-canary-pod-monitor" in unmonitored));
    const policy = named(await record({ ...on, network }), "alloy-canary-network-policy").inputs["spec"] as {
      podSelector: unknown;
      egress: { ports: { port: unknown }[] }[];
      ingress: { ports: unknown }[];
    };
    assert.deepEqual(policy.podSelector, {
      matchLabels: { "app.kubernetes.io/name": "alloy-canary", "app.kubernetes.io/instance": "alloy" },
    });
    assert.deepEqual(
      policy.egress.map(({ ports }) => ports[0]?.port),
      [53, 8080],
    );
    assert.deepEqual(
      policy.ingress.map(({ ports }) => ports),
      [[{ protocol: "TCP", port: 3500 }]],
    );
  });

  it("changes nothing of the collectors", async () => {
    const [without, withCanary] = [await record(), await record(on)];
    // The alerts know of the canary: it tells a collector that reads nothing from a quiet node.
    const others = without.resources.filter(({ name }) => name !== "alloy-alerts-prometheus-rule");
    for (const { name } of others) assert.deepEqual(named(withCanary, name), named(without, name), name);
  });

  it("waits for the read of the cluster and for the namespace", async () => {
    const { dependsOn } = named(await record(on), "alloy-canary-daemon-set").options;
    assert.ok(dependsOn.includes("alloy-monitoring-namespace"));
  });
});

describe("the canary: its pod", () => {
  it("asks for its own lines: job and node as labels, cluster and pod behind the filter of its form", async () => {
    const pod = await podOf(on);
    const [container] = pod.spec.containers;
    for (const flag of [
      "-labelname=job",
      "-labelvalue=monitoring/alloy-canary",
      "-streamname=node",
      "-streamvalue=$(NODE_NAME)",
      '-query-append=|~ `^[0-9]+ p+$` | cluster="test-cluster" | pod="$(POD_NAME)"',
    ])
      assert.ok(container?.args.includes(flag), flag);
    assert.notEqual(pod.metadata.labels["app.kubernetes.io/name"], "alloy");
    assert.equal(pod.spec.volumes, undefined);
  });

  it("does not ask for the pod where no line carries it", async () => {
    const pod = await podOf({ ...on, logs: { structuredMetadata: false } });
    const text = JSON.stringify(pod);
    assert.ok(!text.includes("POD_NAME"));
    assert.ok(text.includes("NODE_NAME"));
  });

  it("reads its credential by secretKeyRef, and its arguments name the variables", async () => {
    const [container] = (await podOf(withSecret)).spec.containers;
    assert.deepEqual(container?.env.slice(0, 2), [
      { name: "LOKI_USERNAME", valueFrom: { secretKeyRef: { name: "reader", key: "u" } } },
      { name: "LOKI_PASSWORD", valueFrom: { secretKeyRef: { name: "reader", key: "p" } } },
    ]);
    assert.ok(container.args.includes("-user=$(LOKI_USERNAME)") && container.args.includes("-pass=$(LOKI_PASSWORD)"));
    assert.ok(!JSON.stringify(await podOf(on)).includes("LOKI_PASSWORD"));
  });

  it("speaks TLS where Loki's address is https", async () => {
    const lokiUrl = "https://loki.example.com/loki/api/v1/push";
    const [container] = (await podOf({ ...on, lokiUrl })).spec.containers;
    assert.ok(container?.args.includes("-tls") && container.args.includes("-addr=loki.example.com:443"));
    assert.ok(!(await podOf(on)).spec.containers[0]?.args.includes("-tls"));
  });

  it("is plain, so that policies see all of it at a preview", async () => {
    const { resources } = await recordProgram({ stack: "test", config: configOf(withSecret), preview: true });
    const set = resources.find(({ name }) => name === "alloy-canary-daemon-set");
    assert.ok(set);
    assert.ok(!JSON.stringify(set.inputs).includes("04da6b54-80e4-46f7-96ec-b56ff0331ba9"));
  });
});
