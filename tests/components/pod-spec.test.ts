import assert from "node:assert/strict";

import fc from "fast-check";

import { podTemplate } from "../../components/pod/pod-spec";
import { composePipeline } from "../../pipeline/compose";
import type { PipelineNeeds } from "../../pipeline/needs";
import type { Settings } from "../../settings/schema";
import { everyComposed, forEach } from "../support/pipelines";
import { settingsOf, type StackValues } from "../support/settings";

/** As much of a pod template as these tests look at: all of it is plain, which the first test proves. */
interface Pod {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: {
    initContainers?: Container[];
    containers: Container[];
    volumes: Record<string, unknown>[];
    [field: string]: unknown;
  };
}

interface Container {
  name: string;
  image: string;
  args: string[];
  env: Record<string, unknown>[];
  volumeMounts: Record<string, unknown>[];
  resources: unknown;
  [field: string]: unknown;
}

const checksum = "0".repeat(64);

function podOf(values: StackValues = {}): Pod {
  const settings = settingsOf(values);
  return podWith(settings, composePipeline(settings).needs);
}

function podWith(settings: Settings, needs: PipelineNeeds): Pod {
  const template = podTemplate({ settings, needs, configChecksum: checksum });
  const plain = JSON.parse(JSON.stringify(template)) as Pod;
  assert.deepEqual(template, plain, "holds something that is no plain value");
  return plain;
}

function collectorOf(pod: Pod): Container {
  const [collector, ...others] = pod.spec.containers;
  assert.ok(collector);
  assert.deepEqual(others, []);
  return collector;
}

const namesOf = (things: Record<string, unknown>[]): unknown[] => things.map((thing) => thing["name"]);
const volumeOf = (pod: Pod, name: string) => pod.spec.volumes.find((volume) => volume["name"] === name);

describe("pod template: the pod", () => {
  it("is plain values in every combination of settings, so that a policy sees each at preview", () => {
    forEach(everyComposed, ({ settings, needs }) => podWith(settings, needs));
  });

  it("runs as the user of the image, without the node's namespaces, on every node that is a machine", () => {
    const { containers, volumes, initContainers, affinity, ...spec } = podOf().spec;
    assert.deepEqual(spec, {
      serviceAccountName: "alloy",
      automountServiceAccountToken: false,
      priorityClassName: "system-node-critical",
      nodeSelector: { "kubernetes.io/os": "linux" },
      tolerations: [{ operator: "Exists" }],
      terminationGracePeriodSeconds: 45,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 473,
        runAsGroup: 473,
        fsGroup: 473,
        seccompProfile: { type: "RuntimeDefault" },
      },
    });
    assert.equal(containers.length + volumes.length + (initContainers?.length ?? 0), 5);
    const text = JSON.stringify(affinity);
    for (const label of ["eks.amazonaws.com/compute-type", "virtual-kubelet"]) assert.ok(text.includes(label), text);
    assert.doesNotMatch(text, /"(In|Exists)"/);
    assert.equal(podOf({ pod: { virtualNodes: "include" } }).spec.affinity, undefined);
  });

  it("carries the checksum of the configuration, and the labels that the DaemonSet selects by", () => {
    const { labels, annotations } = podOf().metadata;
    assert.deepEqual(annotations, { "detectviz.io/config-checksum": checksum });
    assert.equal(labels["app.kubernetes.io/name"], "alloy");
    assert.equal(labels["app.kubernetes.io/instance"], "alloy");
  });

  it("takes pull secrets and priority class from the settings", () => {
    const { spec } = podOf({ pod: { imagePullSecrets: ["registry"], priorityClassName: "high" } });
    assert.deepEqual(spec["imagePullSecrets"], [{ name: "registry" }]);
    assert.equal(spec["priorityClassName"], "high");
    assert.ok(!("imagePullSecrets" in podOf().spec));
  });
});

describe("pod template: the collector", () => {
  it("is started with these arguments", () => {
    assert.deepEqual(collectorOf(podOf({ wal: { path: "/data/alloy" } })).args, [
      "run",
      "/etc/alloy/config.alloy",
      "--storage.path=/data/alloy",
      "--server.http.listen-addr=0.0.0.0:12345",
      "--stability.level=generally-available",
      "--disable-reporting",
      "--server.http.enable-pprof=false",
      "--server.http.disable-support-bundle",
    ]);
  });

  it("may do nothing that it need not", () => {
    assert.deepEqual(collectorOf(podOf())["securityContext"], {
      runAsNonRoot: true,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("is asked on its port whether it is ready, and never whether every component is well", () => {
    const collector = collectorOf(podOf());
    assert.deepEqual(collector["ports"], [{ name: "http-metrics", containerPort: 12345, protocol: "TCP" }]);
    for (const probe of ["readinessProbe", "livenessProbe"])
      assert.deepEqual((collector[probe] as { httpGet: unknown }).httpGet, { path: "/-/ready", port: "http-metrics" });
  });

  it("has the resources of the settings, as a copy", () => {
    const values = { resources: { requests: { cpu: "200m" }, limits: { memory: "1Gi" } } };
    const expected = { requests: { cpu: "200m", memory: "256Mi" }, limits: { cpu: "500m", memory: "1Gi" } };
    assert.deepEqual(collectorOf(podOf(values)).resources, expected);
    const settings = settingsOf(values);
    const template = podTemplate({ settings, needs: composePipeline(settings).needs, configChecksum: checksum });
    settings.resources.requests.cpu = "1";
    assert.deepEqual(collectorOf(template as unknown as Pod).resources, expected);
  });

  it("gets the variables that the pipeline needs, the node's name from the downward API", () => {
    assert.deepEqual(collectorOf(podOf()).env, [
      { name: "CLUSTER_NAME", value: "test-cluster" },
      { name: "HTTP2_PING_TIMEOUT_SECONDS", value: "3" },
      { name: "HTTP2_READ_IDLE_TIMEOUT_SECONDS", value: "5" },
      { name: "LOKI_TENANT", value: "test-tenant" },
      { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
      { name: "NODE_SELECTOR", value: ".*" },
    ]);
    assert.deepEqual(namesOf(collectorOf(podOf({ logs: { enabled: false } })).env), ["CLUSTER_NAME", "NODE_NAME"]);
  });

  it("refuses a variable that nobody can give it", () => {
    const settings = settingsOf();
    const { needs } = composePipeline(settings);
    const env = [...needs.env, { name: "OTHER", why: "a test" }];
    assert.throws(() => podTemplate({ settings, needs: { ...needs, env }, configChecksum: checksum }), /OTHER/);
  });

  it("gets a selector as it is written, though the kubelet expands $(NAME) and $$", () => {
    const texts = fc.string({ unit: fc.constantFrom("$", "(", ")", "a", "NODE_NAME", "{") });
    fc.assert(
      fc.property(texts, (selector) => {
        const settings = { ...settingsOf(), nodeSelector: selector };
        const { needs } = composePipeline(settings);
        const template = podTemplate({ settings, needs, configChecksum: checksum }) as unknown as Pod;
        const value = collectorOf(template).env.find(({ name }) => name === "NODE_SELECTOR")?.["value"];
        assert.equal(expanded(String(value)), selector);
      }),
    );
  });
});

/**
 * What the kubelet makes of a variable's value where no other variable is defined.
 * Source: k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go
 */
function expanded(value: string): string {
  return value.replace(/\$(\$|\([^)]*\))/g, (all, next: string) => (next === "$" ? "$" : `expanded ${all}`));
}

describe("pod template: mounts", () => {
  it("config, storage, and access to the API, where no credential is used", () => {
    const pod = podOf();
    assert.deepEqual(collectorOf(pod).volumeMounts, [
      { name: "config", mountPath: "/etc/alloy", readOnly: true },
      { name: "storage", mountPath: "/var/lib/alloy" },
      { name: "api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
    ]);
    assert.deepEqual(volumeOf(pod, "config"), { name: "config", configMap: { name: "alloy-config" } });
    assert.deepEqual(volumeOf(pod, "storage"), {
      name: "storage",
      hostPath: { path: "/var/lib/alloy", type: "DirectoryOrCreate" },
    });
    assert.deepEqual(volumeOf(pod, "api-access"), {
      name: "api-access",
      projected: {
        defaultMode: 0o440,
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
          { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
          { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
        ],
      },
    });
  });

  it("the files of a Secret that are used, in mode existing as in mode secret", () => {
    const pod = podOf({ credentials: { mode: "existing", loki: "bearer", prometheus: "basic", secretName: "mine" } });
    assert.ok(namesOf(collectorOf(pod).volumeMounts).includes("credentials"));
    assert.deepEqual(volumeOf(pod, "credentials"), {
      name: "credentials",
      secret: {
        secretName: "mine",
        defaultMode: 0o440,
        items: [
          { key: "loki-token", path: "loki-token" },
          { key: "prometheus.json", path: "prometheus.json" },
        ],
      },
    });
  });

  it("no Secret where the only backend with a credential is off", () => {
    const pod = podOf({ credentials: { mode: "existing", loki: "basic" }, logs: { enabled: false } });
    assert.equal(volumeOf(pod, "credentials"), undefined);
  });

  it("a volume for each mount and a mount for each volume, in every combination", () => {
    forEach(everyComposed, ({ settings, needs }) => {
      const pod = podWith(settings, needs);
      assert.deepEqual(namesOf(pod.spec.volumes).sort(), namesOf(collectorOf(pod).volumeMounts).sort());
    });
  });
});

describe("pod template: prepare-storage", () => {
  it("has the one shape that the policies allow", () => {
    const [prepare, ...others] = podOf({ wal: { path: "/data/alloy" } }).spec.initContainers ?? [];
    assert.ok(prepare);
    assert.deepEqual(others, []);
    const { command, ...rest } = prepare as unknown as { command: string[] };
    assert.deepEqual(rest, {
      name: "prepare-storage",
      image: "docker.io/grafana/alloy:v1.18.1",
      terminationMessagePolicy: "FallbackToLogsOnError",
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
      securityContext: {
        runAsNonRoot: false,
        runAsUser: 0,
        runAsGroup: 473,
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"], add: ["CHOWN"] },
      },
      volumeMounts: [{ name: "storage", mountPath: "/data/alloy" }],
    });
    assert.deepEqual(
      [...command.slice(0, 2), ...command.slice(3)],
      ["/bin/sh", "-c", "prepare-storage", "/data/alloy"],
    );
  });

  it("is given the directory as an argument, so that no path can become part of the script", () => {
    const scriptOf = (path: string) => (podOf({ wal: { path } }).spec.initContainers?.[0]?.["command"] as string[])[2];
    assert.equal(scriptOf("/data/alloy"), scriptOf("/data/other-alloy"));
  });

  it("is absent where nodes provision the directory", () => {
    assert.ok(!("initContainers" in podOf({ wal: { prepare: "none" } }).spec));
  });
});
