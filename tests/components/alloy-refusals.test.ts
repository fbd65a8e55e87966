import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { Alloy, type AlloyArgs } from "../../components/alloy";
import { build, cluster, least, refusal, secrets } from "../support/own-alloy";
import { runOwnProgram, type OwnRun } from "../support/own-program";
import { vaultValues } from "../support/settings";

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
    assert.match(String(run.error), /so is metrics\.enabled/);
  });

  it("an address that a NetworkPolicy cannot know, named by the argument that has it", async () => {
    const lokiUrl = "https://logs.detectviz.internal/loki/api/v1/push";
    const run = await build({ ...least, lokiUrl, network: { enabled: true } }, withCluster);
    assert.deepEqual(refusal(run), ["network.destinations"]);
    assert.match(String(run.error), /has no entry for logs\.detectviz\.internal \(lokiUrl\)/);
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
