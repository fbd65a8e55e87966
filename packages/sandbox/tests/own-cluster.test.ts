import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { stringify } from "yaml";

import { checkStack } from "../../../operations/engine/run";
import { findOwnPlaces, type OwnPlaceFlags } from "../own-cluster/places";
import { judgeOwn, type OwnEvidence } from "../proof/own-cluster";
import { toolsBeside } from "../servers/servers";
import { UserError } from "../../../kit/user-error";

describe("a cluster of the user's", () => {
  let folder = "";
  const before = process.env["KUBECONFIG"];
  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "own-cluster-"));
    // Nobody listens on port 1.
    const clusters = [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }];
    const contexts = ["kind-kind", "production"].map((name) => ({ name, context: { cluster: "c", user: "u" } }));
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters,
      contexts,
      users: [{ name: "u", user: { token: "t" } }],
    };
    process.env["KUBECONFIG"] = path.join(folder, "config");
    await fs.writeFile(process.env["KUBECONFIG"], stringify(config));
  });
  afterEach(async () => {
    if (before === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = before;
    await fs.rm(folder, { recursive: true, force: true });
  });

  async function refused(flags: OwnPlaceFlags, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const error: unknown = await findOwnPlaces(
      flags,
      checkStack("local"),
      path.join(folder, "no-state.json"),
      env,
    ).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof UserError, `expected a UserError, got ${String(error)}`);
    return error.message;
  }

  it("is refused where the kubeconfig has no such context", async () => {
    assert.match(await refused({ context: "prod" }), /has no context prod\n +→ use one of kind-kind, production$/);
  });

  it("is refused with everything that does not answer or is not an address", async () => {
    const message = await refused({
      context: "kind-kind",
      vault: "http://127.0.0.1:1",
      loki: "127.0.0.1:3100",
      prometheus: "http://127.0.0.1:1/api/v1/write",
    });
    assert.match(message, /^4 problems; nothing was deployed\./);
    assert.match(
      message,
      /context kind-kind\n +its API server https:\/\/127\.0\.0\.1:1 cannot be asked .*\n +→ check whether `kubectl --context kind-kind get nodes`/,
    );
    assert.match(
      message,
      /the environment: VAULT_TOKEN\n +is not set\n +→ export a token of the Vault at http:\/\/127\.0\.0\.1:1/,
    );
    assert.match(
      message,
      /--loki\n +127\.0\.0\.1:3100 is not the address of a server\n +→ write --loki http:\/\/HOST:PORT/,
    );
    assert.match(message, /--prometheus\n +http:\/\/127\.0\.0\.1:1\/api\/v1\/write is not the address of a server/);
  });

  it("never quotes the token", async () => {
    const message = await refused({ context: "kind-kind", vault: "http://127.0.0.1:1" }, { VAULT_TOKEN: "s.secret" });
    assert.match(message, /--vault\n +http:\/\/127\.0\.0\.1:1\S* cannot be reached/);
    assert.ok(!message.includes("s.secret"));
  });

  it("needs the engine, and those servers that were not named", () => {
    const cluster = { kubeconfig: "", context: "c", server: "", version: "", nodes: [] };
    const vault = { address: "http://v", token: "t" };
    const loki = { url: "http://l", pushUrl: "" };
    const prometheus = { url: "http://p", writeUrl: "" };
    assert.deepEqual(toolsBeside({ cluster, vault, loki, prometheus }), ["pulumi", "pulumi-language-nodejs"]);
    assert.deepEqual(toolsBeside({ cluster }).slice(2), ["bao", "loki", "prometheus"]);
    for (const tool of ["kube-apiserver", "alloy", "bwrap"] as const) assert.ok(toolsBeside({}).includes(tool));
  });
});

describe("the proof on a cluster of the user's", () => {
  const happy = (): OwnEvidence => ({
    wanted: 2,
    ready: 2,
    nodes: ["a", "b"],
    streams: [{ namespace: "n", node: "a", job: "j", cluster: "c1", service_name: "s" }],
    lineNodes: ["a", "b"],
    metricNodes: ["a", "b", "elsewhere"],
    sample: undefined,
  });
  const failed = (evidence: OwnEvidence): string[] =>
    judgeOwn(evidence, { clusterName: "c1" })
      .filter(({ holds }) => !holds)
      .map(({ claim }) => claim);

  it("holds where every node's lines and metrics arrived", () => assert.deepEqual(failed(happy()), []));

  const cases: [name: string, spoil: (evidence: OwnEvidence) => void, claim: RegExp][] = [
    ["no collector", (e) => ((e.wanted = 0), (e.ready = 0)), /^a collector is ready/],
    ["a node whose collector is not ready", (e) => (e.ready = 1), /^a collector is ready/],
    ["a node without lines", (e) => e.lineNodes.pop(), /^lines of each/],
    ["a node without metrics", (e) => (e.metricNodes = ["a"]), /^node_memory_MemTotal_bytes/],
    ["a foreign label", (e) => (e.streams[0] = { ...e.streams[0], pod: "p" }), /^the streams' labels/],
    ["no stream", (e) => (e.streams = []), /^the streams' labels/],
  ];
  for (const [name, spoil, claim] of cases) {
    it(`fails for ${name}`, () => {
      const evidence = happy();
      spoil(evidence);
      assert.ok(
        failed(evidence).some((text) => claim.test(text)),
        `${failed(evidence).join()}`,
      );
    });
  }
});
