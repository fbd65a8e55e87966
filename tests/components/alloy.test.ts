import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as vault from "@pulumi/vault";

import { Alloy, type AlloyArgs } from "../../components/alloy";
import { runOwnProgram, type OwnRun } from "../support/own-program";
import { record, shape } from "../support/recording";
import { vaultValues } from "../support/settings";

const least: AlloyArgs = { clusterName: "test-cluster", lokiTenant: "test-tenant", environment: "production" };
const mutable = { enableConfigMapMutable: true, enableSecretMutable: true };
const cluster = (name = "cluster"): kubernetes.Provider => new kubernetes.Provider(name, { context: name, ...mutable });
const secrets = (): vault.Provider => new vault.Provider("vault", { address: vaultValues.address });
const passwords = (): random.Provider => new random.Provider("random");
const calls = {
  "vault:kv/getSecretV2:getSecretV2": { data: { username: "u", password: "p" } },
};

/** Asserts that the run ended with one report, before anything but providers was declared, and gives its problems. */
function refusal({ declared, error }: OwnRun, place = 'new Alloy("alloy", …)'): string[] {
  assert.ok(pulumi.RunError.isInstance(error), String(error));
  assert.deepEqual(
    declared.filter(({ type }) => !/^pulumi:(pulumi:Stack|providers:)/.test(type)),
    [],
  );
  const [head = "", ...lines] = error.message.split("\n");
  const places = lines.filter((line) => /^ {2}\S/.test(line));
  assert.match(head, new RegExp(`^${places.length} problems?; nothing was deployed\\.$`));
  assert.doesNotMatch(error.message, /alloy:|Pulumi\.\w+\.yaml|YAML/);
  return places.map((line) => line.trim().replace(`${place}: `, ""));
}

const build = (args: unknown, opts?: () => pulumi.ComponentResourceOptions, preview?: boolean): Promise<OwnRun> =>
  runOwnProgram(() => new Alloy("alloy", args as AlloyArgs, opts?.()), { calls, preview });

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

describe("Alloy in somebody's own program: what is refused", () => {
  const withCluster = (): pulumi.ComponentResourceOptions => ({ providers: [cluster()] });

  it("a misspelt key, with the one that was meant", async () => {
    const run = await build({ ...least, lokiTenant: undefined, lokiTenat: "x" }, withCluster);
    assert.deepEqual(refusal(run), ["lokiTenat"]);
    assert.match(String(run.error), /did you mean lokiTenant\?/);
  });

  it("a wrong type", async () => {
    const run = await build({ ...least, clusterName: 7, wal: { logs: "yes" }, canary: true }, withCluster);
    assert.deepEqual(refusal(run).sort(), ["canary", "clusterName", "wal.logs"]);
  });

  it("settings that contradict each other, in words without a stack's file", async () => {
    const run = await build({ ...least, logs: { enabled: false }, metrics: { enabled: false } }, withCluster);
    assert.deepEqual(refusal(run), ["logs.enabled"]);
    assert.match(String(run.error), /metrics\.enabled too/);
  });

  it("an address that a NetworkPolicy cannot know, named by the argument that has it", async () => {
    const lokiUrl = "https://logs.example.com/loki/api/v1/push";
    const run = await build({ ...least, lokiUrl, network: { enabled: true } }, withCluster);
    assert.deepEqual(refusal(run), ["network.destinations"]);
    assert.match(String(run.error), /has no entry for logs\.example\.com \(lokiUrl\)/);
  });

  it("nothing at all", async () => {
    const run = await build(undefined, withCluster);
    assert.equal(refusal(run).length, 1);
    assert.match(String(run.error), /clusterName: …, lokiTenant: …, environment: …/);
  });

  it("an Output, once, and not as a value that is missing", async () => {
    const run = await build({ ...least, clusterName: pulumi.output("x"), vault: Promise.resolve() }, withCluster);
    assert.deepEqual(refusal(run).sort(), ["clusterName", "vault"]);
    assert.match(String(run.error), /known only while the program runs/);
  });

  it("a missing provider, beside whatever else is wrong", async () => {
    const run = await build({ ...least, nodeSelektor: "x", credentials: { mode: "secret", seed: true } });
    assert.deepEqual(refusal(run).sort(), ["nodeSelektor", "providers", "providers", "providers", "vault"]);
    for (const name of ["kubernetes", "vault", "random"])
      assert.match(String(run.error), new RegExp(`have none of the package ${name}`));
  });

  it("a provider under another key than its package's, which the SDK would pass over", async () => {
    const run = await build(least, () => ({ providers: { cluster: cluster() } }));
    assert.deepEqual(refusal(run), ["providers"]);
  });

  it("Vault's provider alone, when both are needed", async () => {
    const args = { ...least, credentials: { mode: "secret" }, vault: vaultValues };
    const run = await build(args, () => ({ provider: secrets() }));
    assert.deepEqual(refusal(run), ["providers"]);
    assert.match(String(run.error), /have none of the package kubernetes/);
  });

  it("files that cannot be read, all at once", async () => {
    const args = {
      ...least,
      kubernetes: { context: "x" },
      credentials: { mode: "vault" },
      vault: { ...vaultValues, caFile: "gone.pem" },
      extraSections: [{ file: "gone.alloy" }],
    };
    const run = await build(args, () => ({ providers: [cluster(), secrets()] }));
    assert.deepEqual(refusal(run).sort(), ["gone.alloy", "vault.caFile"]);
  });

  it("a context that would say nothing", async () => {
    const run = await build({ ...least, kubernetes: { context: "x" } }, withCluster);
    assert.deepEqual(refusal(run), ["kubernetes"]);
  });

  it("no context for the login test of mode vault", async () => {
    const args = { ...least, credentials: { mode: "vault" }, vault: vaultValues };
    const run = await build(args, () => ({ providers: [cluster(), secrets()] }));
    assert.deepEqual(refusal(run), ["kubernetes"]);
  });

  it("nodes that are ready, whom nobody would wait for", async () => {
    const run = await build({ ...least, rollout: { await: "ready" } }, withCluster);
    assert.deepEqual(refusal(run), ["rollout.await"]);
  });
});

describe("Alloy in somebody's own program: what comes out while it runs", () => {
  const args = { ...least, credentials: { mode: "secret" }, vault: vaultValues } as const;
  const runWith = (answer: Record<string, unknown> | Error): Promise<OwnRun> =>
    runOwnProgram(() => new Alloy("alloy", args, { providers: [cluster(), secrets()] }), {
      calls: { "vault:kv/getSecretV2:getSecretV2": answer },
    });

  it("names the argument that a Vault without the secret disagrees with", async () => {
    const { error } = await runWith(new Error('no secret found at "secret/data/detectviz/test/alloy/loki"'));
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    assert.match(error.message, /1 problem; .*\n {2}new Alloy\("alloy", …\): vault\.path\n/);
    assert.match(error.message, /or set credentials\.seed: true/);
    assert.doesNotMatch(error.message, /alloy:/);
  });

  it("names a key that the secret lacks, and where to write it", async () => {
    const { error } = await runWith({ data: { username: "u" } });
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    assert.match(error.message, /secret\/detectviz\/test\/alloy\/loki: password\n +this key is missing/);
  });
});

describe("two of them in one program", () => {
  const two = (first: Partial<AlloyArgs>, second: Partial<AlloyArgs>, same: boolean): Promise<OwnRun> =>
    runOwnProgram(() => {
      const provider = cluster();
      new Alloy("first", { ...least, ...first }, { provider });
      new Alloy("second", { ...least, ...second }, { provider: same ? provider : cluster("other") });
    });

  it("are refused on one cluster, whatever they are called", async () => {
    const { error } = await two({ clusterName: "a" }, { clusterName: "b" }, true);
    assert.match(
      String(error),
      /new Alloy\("second", …\): providers\n +have the Kubernetes provider of new Alloy\("first", …\)/,
    );
    assert.ok(pulumi.RunError.isInstance(error));
  });

  it("are refused with one name for two clusters", async () => {
    const { error } = await two({}, {}, false);
    assert.match(String(error), /clusterName\n +"test-cluster" is that of new Alloy\("first", …\) too/);
  });

  it("are forgotten when the program has ended", async () => {
    for (let run = 0; run < 2; run++) assert.ifError((await build(least, () => ({ provider: cluster() }))).error);
  });
});

describe("Alloy in somebody's own program: its folder", () => {
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
    declared.find(({ type }) => type === "kubernetes:core/v1:ConfigMap")?.inputs["data"] as Record<string, string>;

  it("is where its sections and Vault's CA are read", async () => {
    fs.writeFileSync("own.alloy", 'prometheus.exporter.self "own" { }\n');
    fs.writeFileSync("ca.pem", "the CA of Vault\n");
    const made = await run({
      extraSections: [{ file: "own.alloy" }],
      kubernetes: { context: "x" },
      credentials: { mode: "vault" },
      vault: { ...vaultValues, caFile: "ca.pem" },
    });
    assert.ifError(made.error);
    const data = configMap(made);
    assert.match(data["config.alloy"] ?? "", /==== extra: own\.alloy ====\n\nprometheus\.exporter\.self "own"/);
    assert.equal(data["vault-ca.crt"], "the CA of Vault\n");
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
