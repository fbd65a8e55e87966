import assert from "node:assert/strict";

import type { V1Container, V1EnvVar } from "@kubernetes/client-node";

import { expand, resolveEnv, type ObjectData } from "../node-agent/env";
import { SetupError } from "../node-agent/errors";
import type { Pod } from "../node-agent/pod-types";
import { parseQuantity } from "../../../kit/units";
import { divideQuantity, type PodFacts } from "../node-agent/fields";

const facts: PodFacts = { podIP: "127.0.0.1", hostIP: "127.0.0.2", allocatable: { cpu: "4", memory: "16Gi" } };

const objects: ObjectData = {
  configMap: (name) => (name === "settings" ? { level: Buffer.from("debug"), mode: Buffer.from("fast") } : undefined),
  secret: (name) => (name === "login" ? { user: Buffer.from("tenant") } : undefined),
};

function podOf(container: Partial<V1Container>): { pod: Pod; container: V1Container } {
  const full = { name: "alloy", image: "grafana/alloy:v1", ...container };
  const pod: Pod = {
    metadata: { name: "alloy-x1", namespace: "monitoring", uid: "u1", labels: { app: "a" }, annotations: { k: 'v"1' } },
    spec: { nodeName: "node-2", serviceAccountName: "alloy", containers: [full] },
  };
  return { pod, container: full };
}

function envOf(env: V1EnvVar[], more: Partial<V1Container> = {}, base: Record<string, string> = {}) {
  const { pod, container } = podOf({ env, ...more });
  return resolveEnv(pod, container, facts, objects, base);
}

describe("a container's environment", () => {
  it("holds what the pod says and the base, and nothing of this process", () => {
    assert.deepEqual(envOf([{ name: "A", value: "1" }, { name: "EMPTY" }], {}, { PATH: "/bin" }), {
      PATH: "/bin",
      A: "1",
      EMPTY: "",
    });
  });

  it("resolves field references", () => {
    const field = (name: string, fieldPath: string): V1EnvVar => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const env = envOf([
      field("NODE", "spec.nodeName"),
      field("POD", "metadata.name"),
      field("NAMESPACE", "metadata.namespace"),
      field("IP", "status.podIP"),
      field("HOST", "status.hostIP"),
      field("ACCOUNT", "spec.serviceAccountName"),
      field("LABEL", "metadata.labels['app']"),
      field("NO_LABEL", "metadata.labels['other']"),
    ]);
    assert.deepEqual(env, {
      NODE: "node-2",
      POD: "alloy-x1",
      NAMESPACE: "monitoring",
      IP: "127.0.0.1",
      HOST: "127.0.0.2",
      ACCOUNT: "alloy",
      LABEL: "a",
      NO_LABEL: "",
    });
    assert.throws(() => envOf([field("X", "spec.dnsPolicy")]), /does not support fieldRef spec.dnsPolicy/);
  });

  it("resolves resource references in units of the divisor, unset limits by the node", () => {
    const resource = (name: string, path: string, divisor?: string): V1EnvVar => ({
      name,
      valueFrom: { resourceFieldRef: { resource: path, divisor } },
    });
    const env = envOf(
      [
        resource("BYTES", "limits.memory"),
        resource("MIB", "limits.memory", "1Mi"),
        resource("CORES", "limits.cpu"),
        resource("MILLI", "limits.cpu", "1m"),
        resource("REQUEST", "requests.cpu", "1m"),
      ],
      { resources: { limits: { memory: "512Mi" } } },
    );
    assert.deepEqual(env, { BYTES: "536870912", MIB: "512", CORES: "4", MILLI: "4000", REQUEST: "0" });
  });

  it("takes keys of ConfigMaps and Secrets, and names what is missing", () => {
    const from = (ref: V1EnvVar["valueFrom"]): V1EnvVar => ({ name: "V", valueFrom: ref });
    assert.deepEqual(envOf([from({ configMapKeyRef: { name: "settings", key: "level" } })]), { V: "debug" });
    assert.deepEqual(envOf([from({ secretKeyRef: { name: "login", key: "user" } })]), { V: "tenant" });
    assert.deepEqual(envOf([from({ secretKeyRef: { name: "none", key: "user", optional: true } })]), {});
    for (const [ref, text] of [
      [{ secretKeyRef: { name: "none", key: "user" } }, 'secret "none" not found'],
      [{ configMapKeyRef: { name: "settings", key: "nope" } }, "couldn't find key nope in configmap settings"],
    ] as const) {
      assert.throws(
        () => envOf([from(ref)]),
        (error) => {
          assert.ok(error instanceof SetupError);
          assert.equal(error.reason, "CreateContainerConfigError");
          assert.equal(error.message, text);
          return true;
        },
      );
    }
  });

  it("puts envFrom below env", () => {
    const env = envOf([{ name: "P_level", value: "mine" }], {
      envFrom: [{ configMapRef: { name: "settings" }, prefix: "P_" }, { secretRef: { name: "none", optional: true } }],
    });
    assert.deepEqual(env, { P_level: "mine", P_mode: "fast" });
  });

  it("replaces $(NAME) by what came before", () => {
    const env = envOf([
      { name: "A", value: "a" },
      { name: "B", value: "$(A)-$(LATER)-$$(A)" },
      { name: "LATER", value: "x" },
    ]);
    assert.equal(env["B"], "a-$(LATER)-$(A)");
    assert.equal(expand("--x=$(A) 100$$ $(NO", { A: "1" }), "--x=1 100$ $(NO");
    assert.equal(expand("$(constructor)", {}), "$(constructor)");
  });
});

describe("quantities", () => {
  it("are read in every notation", () => {
    for (const [text, value] of [
      ["500m", 0.5],
      ["2", 2],
      ["1.5Gi", 1610612736],
      ["1e3", 1000],
      ["12E", 12e18],
      ["100k", 100_000],
    ] as const) {
      assert.equal(parseQuantity(text), value, text);
    }
    for (const text of ["", "500mb", "Mi", "1 Gi"]) assert.throws(() => divideQuantity(text), /not a Kubernetes/);
  });

  it("are rounded up, without the error of binary fractions", () => {
    assert.equal(divideQuantity("100m", "1m"), "100");
    assert.equal(divideQuantity("100m"), "1");
    assert.equal(divideQuantity("1025Ki", "1Mi"), "2");
    assert.equal(divideQuantity("3", "0"), "3");
  });
});
