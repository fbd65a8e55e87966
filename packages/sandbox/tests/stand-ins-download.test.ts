import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { bundlePlugin } from "../stand-ins/bundle";
import { downloadPlugins } from "../stand-ins/download";
import { sdkVersions } from "../../../plugins/plugins-on-path";
import { installStandIns } from "../stand-ins/install";
import { pluginReleases } from "../toolchain/releases";
import { makeArchive, startReleaseSite, type ReleaseSite } from "./release-site";
import { fakeMachine, type FakeMachine } from "./toolchain-fakes";

describe("official plugins: downloads", function () {
  this.timeout(60_000);
  let machine: FakeMachine;
  let site: ReleaseSite;
  let bin: string;
  beforeEach(async () => {
    machine = await fakeMachine();
    site = await startReleaseSite();
    bin = path.join(machine.root, "sandbox", "bin");
    delete machine.env["ALLOY_DOWNLOADS"];
    machine.env["ALLOY_MIRROR"] = site.url;
    machine.env["PULUMI_HOME"] = path.join(machine.root, "home");
    // A plugin that was downloaded is asked for its version, and the one that plays it here is run by Node.
    machine.env["PATH"] += `:${path.dirname(process.execPath)}`;
  });
  afterEach(async () => {
    await site.close();
    await machine.remove();
  });

  const download = (): Promise<void> =>
    downloadPlugins(bin, (tool, text) => void machine.said.push(`${tool}: ${text}`), { env: machine.env });
  const write = (_name: string, file: string): Promise<void> => fs.writeFile(file, "#!/bin/sh\n", { mode: 0o755 });
  const origins = async (): Promise<string[]> =>
    (await installStandIns(bin, machine.env, write)).map(({ name, origin }) => `${name} ${origin}`);

  /** Serves the stand-in for random as if it were the official plugin; it tells the SDK package's version too. */
  async function publishRandom(digest?: string): Promise<void> {
    const release = pluginReleases({ env: {} }).find(({ name }) => name === "pulumi-resource-random");
    assert.ok(release !== undefined);
    const program = path.join(machine.root, "pulumi-resource-random");
    await bundlePlugin("random", program);
    const archive = path.join(machine.root, path.basename(release.url));
    await makeArchive(archive, { "pulumi-resource-random": program });
    const sha256 =
      digest ??
      createHash("sha256")
        .update(await fs.readFile(archive))
        .digest("hex");
    site.serve(release.url, archive);
    const told = { assets: [{ name: path.basename(release.url), digest: `sha256:${sha256}` }] };
    site.serve(release.checksums ?? "", Buffer.from(JSON.stringify(told)));
  }

  it("takes what is released in place of a stand-in, and stand-ins for the rest", async () => {
    await publishRandom();
    await download();
    assert.deepEqual(await origins(), ["kubernetes stand-in", "random release", "vault stand-in"]);
    const random = (await installStandIns(bin, machine.env, write)).find(({ name }) => name === "random");
    const folder = path.join(machine.cache, "released", `pulumi-resource-random-${sdkVersions().random}`);
    assert.equal(random?.path, path.join(folder, "pulumi-resource-random"));
    assert.match(machine.said.join("\n"), /pulumi-resource-vault: could not be downloaded: .* answers 404/);
    const before = site.requests.length;
    await download();
    assert.ok(
      site.requests.slice(before).every((line) => !line.includes("random")),
      "what is there is not asked for",
    );
  });

  it("leaves a sandbox alone that has begun with stand-ins, since states differ", async () => {
    await origins();
    await publishRandom();
    await download();
    assert.deepEqual(site.requests, []);
    assert.deepEqual(await origins(), ["kubernetes stand-in", "random stand-in", "vault stand-in"]);
  });

  it("gets a plugin again that a sandbox has begun with and the cache has lost", async () => {
    await publishRandom();
    await download();
    await origins();
    await fs.rm(machine.cache, { recursive: true });
    await assert.rejects(origins(), /was started with the official plugin random .* \(release\), which is gone/);
    await download();
    assert.deepEqual(await origins(), ["kubernetes stand-in", "random release", "vault stand-in"]);
  });

  it("runs nothing that has another checksum than GitHub tells", async () => {
    await publishRandom("0".repeat(64));
    await assert.rejects(download(), /pulumi-resource-random .*\n.*is not what was released/);
    assert.deepEqual(await machine.cached("released"), []);
  });
});
