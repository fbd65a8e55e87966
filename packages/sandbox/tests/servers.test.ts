import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { agentPodLabel, downAnnotation, kwokctlConfig, stages, withExceptions } from "../servers/cluster/config";
import { nodeNames, nodeObjects } from "../servers/cluster/nodes";
import { lokiConfig } from "../servers/loki";
import { vaultConfig } from "../servers/vault";
import { UserError } from "../../../kit/user-error";

/** Every text in a configuration that looks like an address, and every number under a key that ends in `port`. */
function addresses(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/(?:\d{1,3}\.){3}\d{1,3}|localhost|\[::\]/g)].map(([address]) => address);
}

const tool = (name: string) =>
  ({ name, path: `/tools/${name}`, version: "1", origin: "cache", source: "built" }) as const;

describe("configuration of the sandbox's servers", () => {
  it("lets Loki listen on loopback only, with tenants, without reports", () => {
    const config = lokiConfig({ httpPort: 1111, grpcPort: 2222, folder: "/data/loki" });
    assert.deepEqual([...new Set(addresses(config))], ["127.0.0.1"]);
    assert.equal(config["auth_enabled"], true);
    const server = config["server"] as Record<string, unknown>;
    assert.equal(server["http_listen_address"], "127.0.0.1");
    assert.equal(server["grpc_listen_address"], "127.0.0.1");
    assert.deepEqual(config["analytics"], { reporting_enabled: false });
  });

  it("lets Vault listen on loopback only and keep its data on disk", () => {
    const config = vaultConfig({ port: 1111, clusterPort: 2222, store: "/data/vault" });
    assert.deepEqual([...new Set(addresses(config))], ["127.0.0.1"]);
    assert.equal(Object.keys(config["storage"] as object).join(), "raft");
  });

  it("binds every component of the cluster to loopback and names each binary", () => {
    const names = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok"] as const;
    const tools = {
      ...Object.fromEntries(names.map((name) => [name, tool(name)])),
    } as unknown as Parameters<typeof kwokctlConfig>[0];
    const ports = {
      kubeApiserverPort: 1,
      etcdPort: 2,
      etcdPeerPort: 3,
      kubeControllerManagerPort: 4,
      kubeSchedulerPort: 5,
      kwokControllerPort: 6,
    };
    const options = kwokctlConfig(tools, ports, "/admission.yaml")["options"] as Record<string, unknown>;
    assert.equal(options["bindAddress"], "127.0.0.1");
    assert.deepEqual({ ...options, ...ports }, options);
    for (const name of names) assert.ok(Object.values(options).includes(`/tools/${name}`), name);
    const config = kwokctlConfig(tools, ports, "/admission.yaml");
    const patches = config["componentsPatches"] as { name: string; extraArgs: unknown[] }[];
    for (const name of ["kube-controller-manager", "kube-scheduler"])
      assert.deepEqual(patches.find((patch) => patch.name === name)?.extraArgs, [
        { key: "leader-elect", value: "false" },
      ]);
    assert.deepEqual(patches.find(({ name }) => name === "kube-apiserver")?.extraArgs, [
      { key: "admission-control-config-file", value: "/admission.yaml" },
    ]);
  });

  it("has one control plane node with its taint, and lets the API server reach the kubelet of each", () => {
    const nodes = nodeObjects();
    assert.deepEqual(
      nodes.map((node) => node.metadata?.name),
      [...nodeNames],
    );
    const tainted = nodes.filter((node) => (node["spec"] as { taints?: unknown[] }).taints !== undefined);
    assert.deepEqual(
      tainted.map((node) => node.metadata?.name),
      ["node-1"],
    );
    for (const node of nodes) {
      assert.equal(node.metadata?.labels?.["kubernetes.io/hostname"], node.metadata?.name);
      assert.equal(node.metadata?.labels?.["kubernetes.io/os"], "linux");
      const status = node["status"] as { addresses: { type: string; address: string }[] };
      assert.equal(status.addresses.find(({ type }) => type === "Hostname")?.address, "localhost");
    }
  });
});

describe("kwok's stages", () => {
  const stage = (name: string, kind: string): string =>
    [
      "apiVersion: kwok.x-k8s.io/v1alpha1",
      "kind: Stage",
      `metadata: {name: ${name}}`,
      `spec: {resourceRef: {apiGroup: v1, kind: ${kind}}, selector: {matchExpressions: [{key: .x, operator: Exists}]}}`,
    ].join("\n");
  let folder: string;

  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "kwok-stages-"));
    for (const place of ["pod/fast", "pod/general", "node/fast", "pod/fast/testdata"]) {
      await fs.mkdir(path.join(folder, place), { recursive: true });
    }
  });

  afterEach(() => fs.rm(folder, { recursive: true }));

  it("leaves the node agent's pods and nodes that are down alone, and touches nothing else", () => {
    const expressionsOf = (kind: string): unknown[] => {
      const stage = { kind: "Stage", spec: { resourceRef: { kind }, selector: { matchExpressions: [{ key: ".x" }] } } };
      return (withExceptions(stage)["spec"] as { selector: { matchExpressions: unknown[] } }).selector.matchExpressions;
    };
    assert.deepEqual(expressionsOf("Pod"), [
      { key: ".x" },
      { key: `.metadata.labels["${agentPodLabel.key}"]`, operator: "NotIn", values: [agentPodLabel.value] },
    ]);
    assert.deepEqual(expressionsOf("Node"), [
      { key: ".x" },
      { key: `.metadata.annotations["${downAnnotation.key}"]`, operator: "NotIn", values: [downAnnotation.value] },
    ]);
    assert.deepEqual(expressionsOf("Lease"), [{ key: ".x" }]);
  });

  it("takes the fast stages of pods, not the general ones and no test data", async () => {
    for (const name of ["pod-ready", "pod-complete", "pod-delete"]) {
      await fs.writeFile(path.join(folder, "pod/fast", `${name}.yaml`), stage(name, "Pod"));
    }
    await fs.writeFile(path.join(folder, "pod/general/pod-ready.yaml"), stage("pod-ready", "Slow"));
    await fs.writeFile(path.join(folder, "pod/fast/testdata/x.yaml"), stage("pod-delete", "Test"));
    await fs.writeFile(path.join(folder, "node/fast/node-initialize.yaml"), stage("node-initialize", "Node"));
    await assert.rejects(stages(folder), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /node-heartbeat-with-lease/);
      assert.doesNotMatch(error.message, /pod-ready/);
      return true;
    });
    await fs.writeFile(path.join(folder, "node/fast/heartbeat.yaml"), stage("node-heartbeat-with-lease", "Node"));
    const found = await stages(folder);
    const kinds = found.map((object) => (object["spec"] as { resourceRef: { kind: string } }).resourceRef.kind);
    assert.deepEqual(kinds.sort(), ["Node", "Node", "Pod", "Pod", "Pod"]);
  });
});
