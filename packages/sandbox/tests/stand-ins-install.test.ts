import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { UserError } from "../../../kit/user-error";
import { offerPlugin } from "../engine/plugin-folder";
import { bundlePlugin } from "../stand-ins/bundle";
import { sdkVersions } from "../../../plugins/plugins-on-path";
import { findOfficialPlugin, installStandIns } from "../stand-ins/install";
import { Plugin } from "./contract/plugin-client";

describe("installing stand-in plugins", () => {
  let folder: string;
  let bin: string;
  let written: string[];

  /** Notes what would be bundled: a bundle takes seconds, and only the first test looks into one. */
  const write = (name: string, file: string): Promise<void> => {
    written.push(name);
    fs.writeFileSync(file, "#!/bin/sh\n", { mode: 0o755 });
    return Promise.resolve();
  };

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "plugins-"));
    bin = path.join(folder, "bin");
    written = [];
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** A machine with nothing but what the test puts there; node has to be found to run a plugin. */
  const machine = (...folders: string[]): NodeJS.ProcessEnv => ({
    PATH: [...folders, path.dirname(process.execPath)].join(path.delimiter),
    PULUMI_HOME: path.join(folder, "home"),
    ALLOY_CACHE: path.join(folder, "cache"),
  });

  function putInPluginFolder(name: string, version: string): void {
    const place = path.join(folder, "home", "plugins", `resource-${name}-v${version}`);
    fs.mkdirSync(place, { recursive: true });
    fs.writeFileSync(path.join(place, `pulumi-resource-${name}`), "#!/bin/sh\n", { mode: 0o755 });
  }

  it("writes executables for what is missing, which serve", async () => {
    const plugins = await installStandIns(bin, machine());
    assert.deepEqual(
      plugins.map((plugin) => [plugin.name, plugin.origin]),
      [
        ["kubernetes", "stand-in"],
        ["random", "stand-in"],
        ["vault", "stand-in"],
      ],
    );
    const plugin = await Plugin.start(path.join(bin, "pulumi-resource-random"), machine());
    try {
      assert.equal(await plugin.version(), sdkVersions().random);
    } finally {
      plugin.stop();
    }
  });

  it("leaves an executable alone whose source did not change", async () => {
    await installStandIns(bin, machine(), write);
    assert.deepEqual(written.sort(), ["kubernetes", "random", "vault"]);
    await installStandIns(bin, machine(), write);
    assert.equal(written.length, 3);
  });

  it("writes an executable anew whose source changed, or which is gone", async () => {
    await installStandIns(bin, machine(), write);
    const record = path.join(bin, "plugins.json");
    fs.writeFileSync(record, fs.readFileSync(record, "utf8").replace(/"hash": "[^"]*"/, '"hash": "older"'));
    await installStandIns(bin, machine(), write);
    assert.equal(written.length, 6);
    fs.rmSync(path.join(bin, "pulumi-resource-vault"));
    await installStandIns(bin, machine(), write);
    assert.deepEqual(written.slice(6), ["vault"]);
  });

  it("takes the plugin folder's where the SDK's version or a later one is there", async () => {
    putInPluginFolder("vault", sdkVersions().vault);
    putInPluginFolder("random", "1.0.0");
    const plugins = await installStandIns(bin, machine(), write);
    assert.deepEqual(
      plugins.map((plugin) => plugin.origin),
      ["stand-in", "stand-in", "plugin folder"],
    );
    assert.equal(fs.existsSync(path.join(bin, "pulumi-resource-vault")), false);
  });

  it("takes the one on PATH before the plugin folder's, and asks it for its version", async () => {
    const elsewhere = path.join(folder, "elsewhere");
    fs.mkdirSync(elsewhere);
    await bundlePlugin("random", path.join(elsewhere, "pulumi-resource-random"));
    putInPluginFolder("random", sdkVersions().random);
    const found = await findOfficialPlugin("random", bin, machine(bin, elsewhere));
    assert.equal(found?.origin, "path");
    assert.equal(found.version, sdkVersions().random);
    assert.equal(found.path, path.join(elsewhere, "pulumi-resource-random"));
  });

  it("keeps a stand-in that a sandbox started with, although the official plugin came later", async () => {
    await installStandIns(bin, machine(), write);
    putInPluginFolder("vault", sdkVersions().vault);
    const plugins = await installStandIns(bin, machine(), write);
    assert.equal(plugins.find((plugin) => plugin.name === "vault")?.origin, "stand-in");
  });

  it("says what to do when the official plugin that a sandbox started with is gone", async () => {
    putInPluginFolder("vault", sdkVersions().vault);
    await installStandIns(bin, machine(), write);
    fs.rmSync(path.join(folder, "home"), { recursive: true });
    await assert.rejects(installStandIns(bin, machine(), write), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /official plugin vault .* is gone[\s\S]*pulumi plugin install resource vault/);
      return true;
    });
  });

  it("does not take another sandbox's stand-in on PATH for an official plugin", async () => {
    const other = path.join(folder, "other");
    await installStandIns(other, machine(), write);
    assert.equal(await findOfficialPlugin("vault", bin, machine(other)), undefined);
  });

  it("ignores an installation that was interrupted", async () => {
    putInPluginFolder("vault", sdkVersions().vault);
    fs.writeFileSync(path.join(folder, "home", "plugins", `resource-vault-v${sdkVersions().vault}.partial`), "");
    assert.equal(await findOfficialPlugin("vault", bin, machine()), undefined);
  });

  it("refuses an official plugin on PATH that is too old, by name, and writes nothing", async () => {
    const elsewhere = path.join(folder, "elsewhere");
    fs.mkdirSync(elsewhere);
    const file = path.join(elsewhere, "pulumi-resource-kubernetes");
    await bundlePlugin("kubernetes", file);
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replaceAll('"4.34.2"', '"4.25.0"'), { mode: 0o755 });
    await assert.rejects(installStandIns(bin, machine(elsewhere), write), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /elsewhere\/pulumi-resource-kubernetes\n.*is version 4\.25\.0: below 4\.29/);
      assert.match(error.message, /take it off PATH/);
      return true;
    });
    assert.deepEqual(written, []);
    assert.equal(fs.existsSync(path.join(bin, "plugins.json")), false);
  });

  it("does not take the links of a sandbox's own plugin folder for official plugins", async () => {
    await installStandIns(bin, machine(), write);
    const home = path.join(folder, "home");
    const file = path.join(bin, "pulumi-resource-vault");
    await offerPlugin(home, { kind: "resource", name: "vault", version: sdkVersions().vault, file });
    assert.equal(await findOfficialPlugin("vault", path.join(folder, "other"), machine()), undefined);
  });
});

describe("the sandbox's plugin folder", () => {
  let home: string;
  beforeEach(() => (home = fs.mkdtempSync(path.join(os.tmpdir(), "plugin-folder-"))));
  afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

  const entries = (): string[] => fs.readdirSync(path.join(home, "plugins")).sort();

  it("has a real folder a plugin, with a link to its executable: the engine passes over a folder that is a link", async () => {
    await offerPlugin(home, { kind: "analyzer", name: "policy-sandbox", version: "1.0.0", file: "/bin/sh" });
    assert.deepEqual(entries(), ["analyzer-policy-sandbox-v1.0.0"]);
    const folder = path.join(home, "plugins", "analyzer-policy-sandbox-v1.0.0");
    assert.ok(fs.lstatSync(folder).isDirectory());
    assert.equal(fs.readlinkSync(path.join(folder, "pulumi-analyzer-policy-sandbox")), "/bin/sh");
  });

  it("keeps one version of each, and names an older one from PATH as the SDK asks for it", async () => {
    const vault = { kind: "resource", name: "vault", file: "/bin/sh", wanted: "7.8.0" } as const;
    await offerPlugin(home, { ...vault, version: "7.9.0" });
    assert.deepEqual(entries(), ["resource-vault-v7.9.0"]);
    await offerPlugin(home, { ...vault, version: "v7.6.0" });
    await offerPlugin(home, { ...vault, name: "random", version: "4.21.2", wanted: "4.21.2" });
    assert.deepEqual(entries(), ["resource-random-v4.21.2", "resource-vault-v7.8.0"]);
  });

  it("takes the place of an earlier sandbox's link to the person's own folder, which it leaves alone", async () => {
    const theirs = path.join(home, "theirs");
    fs.mkdirSync(path.join(theirs, "resource-aws-v6.0.0"), { recursive: true });
    fs.symlinkSync(theirs, path.join(home, "plugins"));
    await offerPlugin(home, { kind: "language", name: "nodejs", version: "3.68.0", file: "/bin/sh" });
    assert.deepEqual(entries(), ["language-nodejs-v3.68.0"]);
    assert.deepEqual(fs.readdirSync(theirs), ["resource-aws-v6.0.0"]);
  });
});
