import assert from "node:assert/strict";

import type { Recording } from "../../operations/recording/record-program";
import { composePipeline } from "../../pipeline/compose";
import { named, record, revealed, shape } from "../support/recording";
import { settingsOf, vaultValues } from "../support/settings";

const kubernetes = "pulumi:providers:kubernetes";
const [stack, alloy] = ["alloy-test", "alloy"] as const;

/** What every stack has, whatever its settings. */
const always = {
  kubernetes: [kubernetes, stack],
  alloy: ["detectviz:alloy:Alloy", stack],
  "alloy-monitoring": ["detectviz:alloy:MonitoringNamespace", alloy],
  "alloy-access": ["detectviz:alloy:CollectorAccess", alloy],
  "alloy-access-service-account": ["kubernetes:core/v1:ServiceAccount", "alloy-access"],
  "alloy-access-cluster-role": ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "alloy-access"],
  "alloy-access-cluster-role-binding": ["kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding", "alloy-access"],
  "alloy-pipeline": ["detectviz:alloy:PipelineConfig", alloy],
  "alloy-pipeline-config-map": ["kubernetes:core/v1:ConfigMap", "alloy-pipeline"],
  "alloy-collectors": ["detectviz:alloy:CollectorDaemonSet", alloy],
  "alloy-collectors-daemon-set": ["kubernetes:apps/v1:DaemonSet", "alloy-collectors"],
};
const managed = { "alloy-monitoring-namespace": ["kubernetes:core/v1:Namespace", "alloy-monitoring"] };
const existing = { "alloy-monitoring-existing": ["kubernetes:core/v1:Namespace", "alloy-monitoring"] };
const monitored = {
  "alloy-pod-monitor-kind": ["kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", alloy],
  "alloy-self-monitoring": ["detectviz:alloy:SelfMonitoring", alloy],
  "alloy-self-monitoring-pod-monitor": ["kubernetes:monitoring.coreos.com/v1:PodMonitor", "alloy-self-monitoring"],
  "alloy-alerts": ["detectviz:alloy:Alerts", alloy],
  "alloy-alerts-prometheus-rule": ["kubernetes:monitoring.coreos.com/v1:PrometheusRule", "alloy-alerts"],
  "alloy-dashboard": ["detectviz:alloy:Dashboard", alloy],
  "alloy-dashboard-config-map": ["kubernetes:core/v1:ConfigMap", "alloy-dashboard"],
};
const unmonitored = { "alloy-kube-system": ["kubernetes:core/v1:Namespace", alloy] };
const fromVault = {
  vault: ["pulumi:providers:vault", stack],
  "alloy-credentials": ["detectviz:alloy:VaultCredentials", alloy],
  "alloy-credentials-secret": ["kubernetes:core/v1:Secret", "alloy-credentials"],
};
const seeded = {
  random: ["pulumi:providers:random", stack],
  "alloy-credentials-loki-password": ["random:index/randomPassword:RandomPassword", "alloy-credentials"],
  "alloy-credentials-loki-seed": ["vault:kv/secretV2:SecretV2", "alloy-credentials"],
  "alloy-credentials-loki-gateway": ["vault:kv/secretV2:SecretV2", "alloy-credentials"],
};

const secretMode = { credentials: { mode: "secret", loki: "basic" }, vault: vaultValues };
const seedMode = { ...secretMode, credentials: { ...secretMode.credentials, seed: true } };

describe("a stack: what it declares", () => {
  it("with the least settings", async () => {
    assert.deepEqual(shape(await record()), { ...always, ...managed, ...monitored });
  });

  it("in mode secret, also Vault's provider and the Secret", async () => {
    assert.deepEqual(shape(await record(secretMode)), { ...always, ...managed, ...monitored, ...fromVault });
  });

  it("with seed, also a password and what writes it into Vault", async () => {
    assert.deepEqual(shape(await record(seedMode)), { ...always, ...managed, ...monitored, ...fromVault, ...seeded });
  });

  it("in mode existing, no Secret and no Vault", async () => {
    const recording = await record({ credentials: { mode: "existing", loki: "basic" } });
    assert.deepEqual(shape(recording), { ...always, ...managed, ...monitored });
  });

  it("in a namespace of somebody else, only a read of it", async () => {
    const recording = await record({ namespace: { managed: false, name: "observability" } });
    assert.deepEqual(shape(recording), { ...always, ...existing, ...monitored });
    assert.ok(named(recording, "alloy-monitoring-existing").read);
    assert.equal(recording.outputs["namespace"], "observability");
    for (const { inputs } of recording.resources) {
      const { namespace } = (inputs["metadata"] ?? {}) as { namespace?: string };
      assert.ok(namespace === undefined || namespace === "observability", namespace);
    }
  });

  it("without self-monitoring, no PodMonitor, and a read of kube-system in place of its kind's", async () => {
    const recording = await record({ selfMonitoring: { enabled: false } });
    assert.deepEqual(shape(recording), { ...always, ...managed, ...unmonitored });
    assert.ok(named(recording, "alloy-kube-system").read);
  });

  it("gives each object a name that begins with its component's", async () => {
    for (const { name, parent } of (await record(seedMode)).resources)
      if (parent !== "" && parent !== stack) assert.ok(name.startsWith(`${parent}-`), `${name} of ${parent}`);
  });

  it("gives components no inputs, so that a preview shows a changed setting where it changes something", async () => {
    for (const { type, inputs } of (await record(seedMode)).resources)
      if (type.startsWith("detectviz:")) assert.deepEqual(inputs, {}, type);
  });
});

describe("a stack: what waits for what", () => {
  /** Everything that a resource waits for, at any distance. */
  function waitsFor(recording: Recording, name: string): Set<string> {
    const { dependsOn } = named(recording, name).options;
    return new Set(dependsOn.flatMap((other) => [other, ...waitsFor(recording, other)]));
  }

  for (const [title, values, first] of [
    ["the PodMonitor's kind", seedMode, "alloy-pod-monitor-kind"],
    ["kube-system", { ...seedMode, selfMonitoring: { enabled: false } }, "alloy-kube-system"],
    ["the kind, in somebody's namespace", { namespace: { managed: false } }, "alloy-pod-monitor-kind"],
  ] as const)
    it(`everything for the read of ${title}, so that a cluster that is away fails the preview`, async () => {
      const recording = await record(values);
      const others = recording.resources.filter(
        ({ custom, type, name }) => custom && !type.startsWith("pulumi:") && name !== first,
      );
      assert.ok(others.length > 5);
      for (const { name } of others) assert.ok(waitsFor(recording, name).has(first), name);
      assert.deepEqual(named(recording, first).options.dependsOn, []);
    });

  it("everything for the namespace", async () => {
    const recording = await record(seedMode);
    const first = ["alloy-pod-monitor-kind", "alloy-monitoring-namespace"];
    for (const { name, custom, type } of recording.resources)
      if (custom && !type.startsWith("pulumi:") && !first.includes(name))
        assert.ok(waitsFor(recording, name).has("alloy-monitoring-namespace"), name);
  });

  it("the DaemonSet for all that a pod needs to start", async () => {
    const recording = await record(seedMode);
    const needed = waitsFor(recording, "alloy-collectors-daemon-set");
    for (const name of [
      "alloy-pipeline-config-map",
      "alloy-credentials-secret",
      "alloy-access-service-account",
      "alloy-access-cluster-role",
      "alloy-access-cluster-role-binding",
    ])
      assert.ok(needed.has(name), name);
  });

  it("the Secret for the first password", async () => {
    const recording = await record(seedMode);
    assert.ok(waitsFor(recording, "alloy-credentials-secret").has("alloy-credentials-loki-seed"));
  });
});

describe("a stack: options", () => {
  it("names the provider of every object and every read", async () => {
    for (const values of [seedMode, { namespace: { managed: false } }]) {
      const { resources } = await record(values);
      for (const { name, type, custom, options } of resources) {
        if (!custom || type.startsWith("pulumi:")) continue;
        assert.equal(options.provider, type.slice(0, type.indexOf(":")), name);
      }
    }
  });

  it("protects the namespace in production, and nothing else", async () => {
    const isProtected = async (environment: string) => {
      const { resources } = await record({ environment, kubernetes: { context: "test" } });
      return resources.filter(({ options }) => options.protect).map(({ name }) => name);
    };
    assert.deepEqual(await isProtected("production"), ["alloy-monitoring-namespace"]);
    assert.deepEqual(await isProtected("staging"), []);
    assert.deepEqual(await isProtected("local"), []);
  });

  it("keeps the namespace and the password in Vault when the stack is destroyed", async () => {
    const { resources } = await record(seedMode);
    const kept = resources.filter(({ options }) => options.retainOnDelete).map(({ name }) => name);
    const expected = ["alloy-credentials-loki-gateway", "alloy-credentials-loki-seed", "alloy-monitoring-namespace"];
    assert.deepEqual(kept.sort(), expected);
  });

  it("waits for the rollout as long as the settings say", async () => {
    const { options } = named(await record({ rollout: { timeout: "3m" } }), "alloy-collectors-daemon-set");
    assert.deepEqual(options.timeouts, { create: "3m", update: "3m" });
  });

  it("changes ConfigMap and Secret in place, and keeps the kubeconfig's path out of the state", async () => {
    const values = { environment: "staging", kubernetes: { context: "detectviz-staging" } };
    assert.deepEqual(named(await record(values), "kubernetes").inputs, {
      kubeconfig: "",
      context: "detectviz-staging",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
    });
  });

  it("gives Vault's provider an address and no token", async () => {
    const vault = { ...vaultValues, namespace: "admin", caFile: "ca.pem" };
    const { maxLeaseTtlSeconds, maxRetries, ...inputs } = named(await record({ ...secretMode, vault }), "vault").inputs;
    assert.deepEqual([maxLeaseTtlSeconds, maxRetries], ["1200", "2"], "the SDK's own defaults");
    assert.deepEqual(inputs, {
      address: vaultValues.address,
      namespace: "admin",
      caCertFile: "ca.pem",
      skipChildToken: "true",
    });
  });
});

describe("a stack: its objects", () => {
  it("grants what the pipeline needs, one rule a resource", async () => {
    for (const values of [{}, { logs: { enabled: false } }]) {
      const { needs } = composePipeline(settingsOf(values));
      const { rules } = named(await record(values), "alloy-access-cluster-role").inputs as {
        rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
      };
      const granted = rules.map(({ apiGroups, resources, verbs }) => [
        apiGroups.join(),
        resources.join(),
        verbs.join(),
      ]);
      const needed = needs.permissions.map(({ group, resource, verbs }) => [group, resource, [...verbs].sort().join()]);
      assert.deepEqual(granted.sort(), needed.sort());
    }
  });

  it("binds them to the collectors' account and nobody else", async () => {
    const { subjects, roleRef } = named(await record(), "alloy-access-cluster-role-binding").inputs;
    assert.deepEqual(subjects, [{ kind: "ServiceAccount", name: "alloy", namespace: "monitoring" }]);
    assert.deepEqual(roleRef, { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "alloy" });
  });

  it("deploys the text that the pipeline composes, and rolls the pods when it changes", async () => {
    const checksumOf = async (values: Record<string, unknown>) => {
      const recording = await record(values);
      assert.deepEqual(named(recording, "alloy-pipeline-config-map").inputs["data"], {
        "config.alloy": composePipeline(settingsOf(values)).text,
      });
      const { spec } = named(recording, "alloy-collectors-daemon-set").inputs as {
        spec: { template: { metadata: { annotations: Record<string, string> } } };
      };
      assert.equal(
        recording.outputs["configChecksum"],
        spec.template.metadata.annotations["detectviz.io/config-checksum"],
      );
      return recording.outputs["configChecksum"];
    };
    assert.equal(await checksumOf({}), await checksumOf({ selfMonitoring: { enabled: false } }));
    assert.notEqual(await checksumOf({}), await checksumOf({ logLevel: "debug" }));
  });

  it("replaces pods one part of the nodes at a time, never two on one node", async () => {
    const { inputs } = named(await record({ rollout: { maxUnavailable: 1 } }), "alloy-collectors-daemon-set");
    const { updateStrategy, selector } = inputs["spec"] as Record<string, unknown>;
    assert.deepEqual(updateStrategy, { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } });
    assert.deepEqual(selector, {
      matchLabels: { "app.kubernetes.io/name": "alloy", "app.kubernetes.io/instance": "alloy" },
    });
  });

  it("has Prometheus scrape the DaemonSet's pods, found by the labels of the settings", async () => {
    const selfMonitoring = { labels: { release: "mine" }, scrapeInterval: "15s" };
    const { inputs } = named(await record({ selfMonitoring }), "alloy-self-monitoring-pod-monitor");
    const { metadata, spec } = revealed(inputs) as {
      metadata: { labels: Record<string, string> };
      spec: { selector: unknown; podMetricsEndpoints: { port: string; interval: string }[] };
    };
    assert.equal(metadata.labels["release"], "mine");
    assert.deepEqual(spec.selector, {
      matchLabels: { "app.kubernetes.io/name": "alloy", "app.kubernetes.io/instance": "alloy" },
    });
    assert.deepEqual(
      spec.podMetricsEndpoints.map(({ port, interval }) => [port, interval]),
      [["http-metrics", "15s"]],
    );
  });
});
