import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { UserError } from "../../../kit/user-error";
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
});
