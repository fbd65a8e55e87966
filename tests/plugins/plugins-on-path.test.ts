import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { UserError } from "../../kit/user-error";
import { PLUGINS } from "../../plugins/plugin-versions";
import { pluginVersion, refusePluginsOnPath } from "../../plugins/plugins-on-path";

/** A plugin that speaks the protocol and says nothing but its version. */
const plugin = (version: string): string => `#!${process.execPath}
const at = (name) => require(require.resolve(name, { paths: [${JSON.stringify(repoRoot)}] }));
const grpc = at("@grpc/grpc-js");
const { PluginInfo } = at("@pulumi/pulumi/proto/plugin_pb");
const { ResourceProviderService } = at("@pulumi/pulumi/proto/provider_grpc_pb");
const server = new grpc.Server();
const { getPluginInfo } = ResourceProviderService;
const info = new PluginInfo();
info.setVersion(${JSON.stringify(version)});
server.addService({ getPluginInfo }, { getPluginInfo: (_call, done) => done(null, info) });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_error, port) => console.log(port));
`;

describe("plugins on PATH", () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "on-path-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Writes an executable into a folder below ours, and gives that folder. */
  function put(place: string, name: string, text: string, mode = 0o755): string {
    const inside = path.join(folder, place);
    fs.mkdirSync(inside, { recursive: true });
    fs.writeFileSync(path.join(inside, name), text, { mode });
    return inside;
  }

  const kubernetes = "pulumi-resource-kubernetes";
  const environment = (...folders: string[]): NodeJS.ProcessEnv => ({ PATH: folders.join(path.delimiter) });

  it("none there is nothing to refuse, and nothing is started", async () => {
    const empty = put("empty", "pulumi", "#!/bin/sh\n");
    await refusePluginsOnPath(PLUGINS, environment(empty, "", path.join(folder, "absent")));
  });

  it("one that is new enough is accepted", async () => {
    await refusePluginsOnPath(PLUGINS, environment(put("new", kubernetes, plugin("4.34.2"))));
  });

  it("one that is too old is refused, by its path", async () => {
    const old = put("old", kubernetes, plugin("4.25.0"));
    await assert.rejects(refusePluginsOnPath(["kubernetes"], environment(old)), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(error.problems[0]?.file, path.join(old, kubernetes));
      assert.match(error.message, /is version 4\.25\.0: below 4\.29/);
      return true;
    });
  });

  it("the first on PATH counts, as for the engine", async () => {
    const [old, recent] = [put("old", kubernetes, plugin("4.25.0")), put("new", kubernetes, plugin("4.34.2"))];
    await refusePluginsOnPath(["kubernetes"], environment(recent, old));
    await assert.rejects(refusePluginsOnPath(["kubernetes"], environment(old, recent)), UserError);
  });

  it("all that are refused are in one report; one that the stack does not need is not asked", async () => {
    const place = put("bin", kubernetes, plugin("4.25.0"));
    put("bin", "pulumi-resource-vault", plugin("6.0.0"));
    put("bin", "pulumi-resource-random", "#!/bin/sh\nexit 1\n");
    await assert.rejects(refusePluginsOnPath(["kubernetes", "vault"], environment(place)), (error) => {
      assert.equal((error as UserError).problems.length, 2);
      return true;
    });
  });

  it("one that is no plugin is refused, in words and not with a stack", async () => {
    const place = put("bin", kubernetes, "#!/bin/sh\nexit 3\n");
    assert.equal(await pluginVersion(path.join(place, kubernetes)), "nothing (it ended before it listened)");
    await assert.rejects(refusePluginsOnPath(["kubernetes"], environment(place)), UserError);
  });

  it("a file that nobody may run is none", async () => {
    await refusePluginsOnPath(["kubernetes"], environment(put("bin", kubernetes, plugin("4.25.0"), 0o644)));
  });

  it("the engine's own switch leaves PATH alone", async () => {
    const old = environment(put("old", kubernetes, plugin("4.25.0")));
    for (const value of ["1", "true", "TRUE"])
      await refusePluginsOnPath(["kubernetes"], { ...old, PULUMI_IGNORE_AMBIENT_PLUGINS: value });
    for (const value of ["", "0", "false"])
      await assert.rejects(refusePluginsOnPath(["kubernetes"], { ...old, PULUMI_IGNORE_AMBIENT_PLUGINS: value }));
  });
});
