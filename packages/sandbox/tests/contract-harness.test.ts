import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../../kit/repo-root";
import { Cluster } from "./contract/cluster";
import { applies, differenceOf, type Difference } from "./contract/differences";
import { Plugin } from "./contract/plugin-client";
import { Report } from "./contract/report";
import { mustBeOfficial, portOf, servers } from "./contract/support";

/** A plugin that calls every method of its engine before it serves, and ends as one that has no engine. */
const caller = `#!${process.execPath}
const at = (name) => require(require.resolve(name, { paths: [${JSON.stringify(repoRoot)}] }));
const grpc = at("@grpc/grpc-js");
const { EngineClient, EngineService } = at("@pulumi/pulumi/proto/engine_grpc_pb");
const pb = at("@pulumi/pulumi/proto/engine_pb");
if (process.argv[2] === undefined) throw new Error("there is no host to tell");
const engine = new EngineClient(process.argv[2], grpc.credentials.createInsecure());
const call = (name, request) => new Promise((resolve, reject) =>
  engine[name](request, (error, answer) => (error ? reject(error) : resolve(answer))));
const requests = {
  log: new pb.LogRequest().setSeverity(2).setMessage("a warning").setUrn("urn:x").setEphemeral(true),
  setRootResource: new pb.SetRootResourceRequest().setUrn("urn:root"),
  getRootResource: new pb.GetRootResourceRequest(),
  startDebugging: new pb.StartDebuggingRequest(),
  requirePulumiVersion: new pb.RequirePulumiVersionRequest(),
};
(async () => {
  for (const name of Object.keys(EngineService)) if (!(name in requests)) throw new Error("not called: " + name);
  for (const [name, request] of Object.entries(requests)) {
    const answer = await call(name, request);
    if (name === "getRootResource" && answer.getUrn() !== "urn:root") throw new Error("forgot its root");
  }
  const { PluginInfo } = at("@pulumi/pulumi/proto/plugin_pb");
  const { ResourceProviderService: { getPluginInfo } } = at("@pulumi/pulumi/proto/provider_grpc_pb");
  const server = new grpc.Server();
  const info = new PluginInfo().setVersion("1.2.3");
  server.addService({ getPluginInfo }, { getPluginInfo: (_call, done) => done(null, info) });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_error, port) => console.log(port));
})().catch((error) => { console.error(String(error)); process.exit(1); });
`;

describe("the contract suite's harness", () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "harness-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("gives a plugin an engine that answers every method, and keeps what it was told", async () => {
    const file = path.join(folder, "plugin");
    fs.writeFileSync(file, caller, { mode: 0o755 });
    const plugin = await Plugin.start(file, { PATH: process.env["PATH"] });
    try {
      assert.equal(await plugin.version(), "1.2.3");
      assert.deepEqual(plugin.logs, [{ severity: "warning", urn: "urn:x", message: "a warning", ephemeral: true }]);
    } finally {
      plugin.stop();
    }
  });

  it("says what a plugin printed that ends before it listens", async () => {
    const file = path.join(folder, "plugin");
    fs.writeFileSync(file, "#!/bin/sh\necho no such luck >&2\nexit 4\n", { mode: 0o755 });
    await assert.rejects(Plugin.start(file, { PATH: process.env["PATH"] }), /ended with 4: .*no such luck/s);
  });

  it("passes requests on with the kubeconfig's token and their own headers, and hides a group of kinds", async () => {
    const seen: http.IncomingHttpHeaders[] = [];
    const upstream = http.createServer((request, response) => {
      seen.push(request.headers);
      response.end(JSON.stringify({ groups: [{ name: "apps" }, { name: "hidden.example.com" }] }));
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const kubeconfig = path.join(folder, "kubeconfig");
    fs.writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [
          { name: "c", cluster: { server: `http://127.0.0.1:${portOf(upstream)}`, "insecure-skip-tls-verify": true } },
        ],
        users: [{ name: "u", user: { token: "the-token" } }],
      }),
    );
    const proxy = await (await Cluster.of(kubeconfig)).withoutGroup("hidden.example.com");
    try {
      const groups = await fetch(`${proxy.url}/apis`, { headers: { "impersonate-user": "somebody" } });
      assert.deepEqual(await groups.json(), { groups: [{ name: "apps" }] });
      assert.equal((await fetch(`${proxy.url}/apis/hidden.example.com/v1/things`)).status, 404);
      assert.equal(seen.length, 1, "the hidden group was asked for");
      assert.equal(seen[0]?.authorization, "Bearer the-token");
      assert.equal(seen[0]["impersonate-user"], "somebody");
    } finally {
      proxy.stop();
      upstream.close();
    }
  });
});

describe("what the contract suite leaves out", () => {
  const list: Difference[] = [
    { plugin: "kubernetes", below: "4.29.0", test: /taken over/, reason: "takes over" },
    { plugin: "vault", test: /warns/, reason: "other words" },
  ];
  const of = (plugin: Difference["plugin"], version: string, title: string): string | undefined =>
    differenceOf({ plugin, version, title }, list)?.reason;

  it("is what the list says of this plugin at this version, and no other test", () => {
    assert.equal(of("kubernetes", "4.25.0", "is not taken over"), "takes over");
    assert.equal(of("kubernetes", "4.29.0-rc.1", "is not taken over"), "takes over");
    assert.equal(of("kubernetes", "4.29.0", "is not taken over"), undefined);
    assert.equal(of("kubernetes", "4.25.0", "deletes"), undefined);
    assert.equal(of("random", "4.0.0", "is not taken over"), undefined);
    assert.equal(of("vault", "7.8.0", "warns at each call"), "other words");
    assert.equal(applies(list[0] as Difference, "kubernetes", "unreadable"), false);
  });

  it("is said at the end, as is what was looked at", () => {
    const report = new Report();
    assert.match(report.text(), /no plugin at all[\s\S]*nothing/);
    const subject = { name: "kubernetes", version: "4.25.0", executable: "/x", standIn: false } as const;
    report.ran(subject);
    report.ran({ ...subject, standIn: true });
    report.leftOut("official vault", "it is not there");
    for (let i = 0; i < 2; i++) report.differs(subject, list[0] as Difference);
    assert.equal(
      report.text(),
      [
        "  The suite ran against",
        "    official kubernetes 4.25.0, /x",
        "    stand-in kubernetes, which stands for 4.25.0",
        "  and left out",
        "    official vault: it is not there",
        "    official kubernetes 4.25.0: takes over (2 tests)",
      ].join("\n"),
    );
  });

  it("is no official plugin that the environment requires", () => {
    const wants = (value?: string) => mustBeOfficial("vault", { CONTRACT_OFFICIAL: value });
    assert.deepEqual([wants("required"), wants("random,vault"), wants("random"), wants()], [true, true, false, false]);
  });

  it("is no server: one that is not named is said by its variable", () => {
    assert.throws(() => servers({ CONTRACT_KUBECONFIG: "x", KUBECONFIG: "y" }), /CONTRACT_VAULT_ADDR is not set/);
  });
});
