import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { fakeGo } from "./toolchain-fakes";
import {
  downloadingMachine,
  etcdInside,
  etcdSums,
  userError,
  type DownloadingMachine,
} from "./toolchain-release-fakes";

describe("toolchain: downloads", function () {
  this.timeout(20_000);
  let machine: DownloadingMachine;
  beforeEach(async () => {
    machine = await downloadingMachine();
  });
  afterEach(() => machine.remove());

  it("takes the program out of what was released, and later from the cache", async () => {
    const bytes = await machine.publishEtcd();
    const file = path.join(machine.cache, "released", "etcd-3.7.3", etcdInside);
    const { etcd } = await machine.ensure(["etcd"]);
    assert.deepEqual(etcd, { name: "etcd", path: file, version: "3.7.3", origin: "download", source: "download" });
    const record = JSON.parse(
      await fs.readFile(path.join(machine.cache, "released/etcd-3.7.3/.release.json"), "utf8"),
    ) as Record<string, unknown>;
    assert.equal(record["bytes"], bytes.length);
    assert.equal(record["saidBy"], machine.env["ALLOY_RELEASES"]);
    assert.deepEqual([await machine.cached("downloads"), await machine.cached("build")], [[], []]);
    const again = await machine.ensure(["etcd"]);
    assert.deepEqual([again.etcd.origin, again.etcd.source, again.etcd.path], ["cache", "download", file]);
    assert.equal(machine.ranges().length, 1);
  });

  it("takes programs as they are, zip files and packed folders, side by side", async () => {
    const github = "https://github.com/kubernetes-sigs/kwok/releases/download/v0.8.0";
    await machine.publishEtcd();
    await machine.publish("kwok", `${github}/kwok-linux-amd64`, "kwok-linux-amd64", { version: "0.8.0" });
    await machine.publish("kwokctl", `${github}/kwokctl-linux-amd64.zip`, "kwokctl-linux-amd64", { version: "0.8.0" });
    const tools = await machine.ensure(["etcd", "kwok", "kwokctl"]);
    assert.deepEqual(
      [tools.etcd, tools.kwok, tools.kwokctl].map(({ origin, version }) => `${origin} ${version}`),
      ["download 3.7.3", "download 0.8.0", "download 0.8.0"],
    );
    assert.match(machine.said.join("\n"), /downloads: 0 MB of 3 MB: etcd, kwok, kwokctl/);
  });

  it("runs nothing that has another checksum, and says what to do", async () => {
    await machine.publishEtcd({ pin: "wrong", says: '$(: > "$HOME/was-run")' });
    await machine.script("go", fakeGo());
    const error = await userError(machine.ensure(["etcd"]));
    assert.match(
      error.message,
      /etcd 3\.7\.3\n.*is not what was released: .*sha256 [0-9a-f]{64}, but according to \S+releases\.json it has to be 0{64}; nothing of it was run/,
    );
    assert.match(error.message, /ALLOY_DOWNLOADS=off/);
    await assert.rejects(fs.stat(path.join(machine.root, "was-run")));
    assert.deepEqual([await machine.cached("released"), await machine.cached("downloads")], [[], []]);
    assert.deepEqual(await machine.builds(), []);
  });

  it("asks the release's own list where no checksum is pinned, and keeps who said it", async () => {
    await machine.publishEtcd({ pin: "list" });
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
    assert.match(
      machine.said.join("\n"),
      /etcd: 3\.7\.3 downloaded; sha256 [0-9a-f]{12}… as http:\/\/127.*\/github\.com\/.*\/SHA256SUMS says/,
    );
  });

  it("builds where the list does not name the file: nobody says what it has to be", async () => {
    await machine.publishEtcd({ pin: "list" });
    machine.site.serve(etcdSums, Buffer.from(`${"1".repeat(64)}  etcd-v3.7.3-linux-arm64.tar.gz\n`));
    await machine.script("go", fakeGo());
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "built");
    assert.match(
      machine.said.join("\n"),
      /etcd: could not be downloaded: .*SHA256SUMS has no sha256 of etcd-v3\.7\.3-linux-amd64\.tar\.gz/,
    );
    assert.deepEqual(machine.ranges(), []);
  });

  it("says before it downloads what the machine lacks for the rest", async () => {
    await machine.publishEtcd();
    const error = await userError(machine.ensure(["etcd", "nginx"]));
    assert.match(error.message, /nginx.*\n.*apt-get is not on PATH/);
    assert.deepEqual(machine.ranges(), []);
  });

  it("downloads once when two ask at the same time", async () => {
    await machine.publishEtcd();
    const both = await Promise.all([machine.ensure(["etcd"]), machine.ensure(["etcd"])]);
    assert.equal(both[0].etcd.path, both[1].etcd.path);
    assert.equal(machine.ranges().length, 1);
  });

  it("downloads again where the pin has changed", async () => {
    await machine.publishEtcd();
    await machine.ensure(["etcd"]);
    await machine.publishEtcd({ says: "etcd Version: 3.7.3, another build" });
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
    assert.equal(machine.ranges().length, 2);
  });

  it("refuses a mirror that is no address, and a list that is none", async () => {
    await machine.publishEtcd();
    machine.env["ALLOY_MIRROR"] = "mirror.example";
    assert.match(
      (await userError(machine.ensure(["etcd"]))).message,
      /ALLOY_MIRROR\n +"mirror\.example" is no address/,
    );
    await fs.writeFile(machine.env["ALLOY_RELEASES"] ?? "", '{"etcd": {"version": 3}}');
    const error = await userError(machine.ensure(["etcd"]));
    assert.match(error.message, /releases\.json/);
    assert.match(error.message, /etcd\.version/);
    await fs.writeFile(machine.env["ALLOY_RELEASES"] ?? "", "no JSON");
    assert.match((await userError(machine.ensure(["etcd"]))).message, /ALLOY_RELEASES cannot be read/);
  });
});
