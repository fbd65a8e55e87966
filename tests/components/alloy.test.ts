import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { Alloy, type AlloyArgs } from "../../components/alloy";
import { repoRoot } from "../../kit/repo-root";
import { build, cluster, least, passwords, secrets } from "../support/own-alloy";
import { runOwnProgram, type OwnRun } from "../support/own-program";
import { record, shape } from "../support/recording";
import { vaultValues } from "../support/settings";

describe("Alloy in somebody's own program", () => {
  it("declares what our own stacks declare, with the program's provider", async () => {
    const { declared, error } = await build(least, () => ({ providers: [cluster()] }));
    assert.ifError(error);
    const ours = shape(await record({ environment: "production", kubernetes: { context: "x" } }));
    const objects = declared.filter(({ type }) => !type.startsWith("pulumi:"));
    assert.deepEqual(
      Object.fromEntries(objects.map(({ name, type }) => [name, type])),
      Object.fromEntries(
        Object.entries(ours).flatMap(([name, [type]]) => (type.startsWith("pulumi:") ? [] : [[name, type]])),
      ),
    );
    const made = objects.filter(({ type }) => type.startsWith("kubernetes:"));
    assert.ok(made.length > 5);
    for (const { name, provider } of made) assert.equal(provider, "cluster", name);
  });

  it("begins each logical name with its own, so that a second cluster's do not collide", async () => {
    const { declared, error } = await runOwnProgram(() => {
      for (const name of ["eu", "us"]) new Alloy(name, { ...least, clusterName: name }, { provider: cluster(name) });
    });
    assert.ifError(error);
    const objects = declared.filter(({ type }) => type.startsWith("kubernetes:"));
    assert.equal(new Set(objects.map(({ name }) => name)).size, objects.length);
    for (const { name, provider } of objects) assert.ok(name.startsWith(`${provider}-`), `${name} by ${provider}`);
  });

  it("takes providers from its parent", async () => {
    const { declared, error } = await runOwnProgram(() => {
      const platform = new pulumi.ComponentResource("somebody:Platform", "platform", {}, { provider: cluster() });
      new Alloy("alloy", least, { parent: platform });
    });
    assert.ifError(error);
    const objects = declared.filter(({ type }) => type.startsWith("kubernetes:"));
    assert.ok(objects.length > 5);
    assert.ok(objects.every(({ provider }) => provider === "cluster"));
  });

  it("waits for the rollout, which nobody else does", async () => {
    const { declared } = await build(least, () => ({ providers: [cluster()] }));
    const daemonSet = declared.find(({ type }) => type === "kubernetes:apps/v1:DaemonSet");
    assert.deepEqual((daemonSet?.inputs["metadata"] as { annotations?: unknown }).annotations, undefined);
  });

  it("reads Vault with the program's provider, and makes up what seed asks for", async () => {
    const credentials = { mode: "secret", loki: "basic", seed: true } as const;
    const { declared, error } = await build({ ...least, credentials, vault: vaultValues }, () => ({
      providers: { kubernetes: cluster(), vault: secrets(), random: passwords() },
    }));
    assert.ifError(error);
    const providers = Object.fromEntries(declared.map(({ type, provider }) => [type, provider]));
    assert.equal(providers["random:index/randomPassword:RandomPassword"], "random");
    assert.equal(providers["vault:kv/secretV2:SecretV2"], "vault");
    assert.equal(providers["kubernetes:core/v1:Secret"], "cluster");
  });
});

describe("Alloy in somebody's own program: its folder", () => {
  const testCa = path.join(repoRoot, "tests", "support", "test-ca.pem");
  const before = process.cwd();
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-own-program-"));
    process.chdir(folder);
  });

  afterEach(() => {
    process.chdir(before);
    fs.rmSync(folder, { recursive: true });
  });

  // A preview: no login is tried.
  const run = (args: Partial<AlloyArgs>): Promise<OwnRun> =>
    build({ ...least, ...args }, () => ({ providers: [cluster(), secrets()] }), true);
  const configMap = ({ declared }: OwnRun): Record<string, string> =>
    declared
      .map(({ inputs }) => inputs["data"] as Record<string, string> | undefined)
      .find((data) => data !== undefined && "config.alloy" in data) as Record<string, string>;

  it("is where its sections and Vault's CA are read", async () => {
    fs.writeFileSync("own.alloy", 'prometheus.exporter.self "own" { }\n');
    fs.copyFileSync(testCa, "ca.pem");
    const made = await run({
      extraSections: [{ file: "own.alloy" }],
      kubernetes: { context: "x" },
      credentials: { mode: "vault" },
      vault: { ...vaultValues, caFile: "ca.pem" },
    });
    assert.ifError(made.error);
    const data = configMap(made);
    assert.match(data["config.alloy"] ?? "", /==== extra: own\.alloy ====\n\nprometheus\.exporter\.self "own"/);
    assert.equal(data["vault-ca.crt"], fs.readFileSync(testCa, "utf8"));
  });

  it("is where Terraform's values are read, before anything is declared", async () => {
    fs.writeFileSync("map.yaml", "cluster_name: clusterName\n");
    fs.writeFileSync("same.tfvars", 'cluster_name = "test-cluster"\n');
    fs.writeFileSync("other.tfvars", 'cluster_name = "another"\n');
    const same = await run({ terraform: { from: "same.tfvars", map: "map.yaml" } });
    assert.ifError(same.error);
    assert.ok(configMap(same));

    const { error, declared } = await run({ terraform: { from: "other.tfvars", map: "map.yaml" } });
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    assert.match(error.message, /new Alloy\("alloy", …\): clusterName\n +is "test-cluster", but other\.tfvars:1 says/);
    assert.match(error.message, /→ one of the two is wrong: write "another", or change Terraform/);
    assert.deepEqual(
      declared.filter(({ type }) => type.startsWith("kubernetes:")),
      [],
    );
  });
});

describe("Alloy in somebody's own program: what it warns of", () => {
  it("a provider that deletes a ConfigMap before it writes the new one", async () => {
    const provider = (): kubernetes.Provider => new kubernetes.Provider("cluster", { enableSecretMutable: true });
    const { warnings, error } = await build(least, () => ({ provider: provider() }));
    assert.ifError(error);
    assert.equal(warnings.length, 1, warnings.join("\n"));
    assert.match(warnings[0] ?? "", /without enableConfigMapMutable: .*ConfigMap alloy-config/);
  });

  it("a log level that costs a line a line", async () => {
    const { warnings } = await build({ ...least, logLevel: "debug" }, () => ({ provider: cluster() }));
    assert.deepEqual(warnings, [
      `new Alloy("alloy", …): logLevel is debug: every line that is collected costs one of Alloy's own\n→ set it for a while only`,
    ]);
  });

  it("nothing else", async () => {
    assert.deepEqual((await build(least, () => ({ provider: cluster() }))).warnings, []);
  });
});
