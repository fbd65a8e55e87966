import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";

import type { Fault } from "./release-site";
import { fakeGo } from "./toolchain-fakes";
import { downloadingMachine, etcdUrl, type DownloadingMachine } from "./toolchain-release-fakes";

describe("toolchain: downloads that go wrong", function () {
  this.timeout(20_000);
  let machine: DownloadingMachine;
  beforeEach(async () => {
    machine = await downloadingMachine();
  });
  afterEach(() => machine.remove());

  it("goes on where a connection broke off", async () => {
    const faults: Fault[] = [
      { kind: "break", after: 300 },
      { kind: "break", after: 200 },
    ];
    const bytes = await machine.publishEtcd({ faults });
    assert.ok(bytes.length > 600);
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
    assert.deepEqual(machine.ranges(), [undefined, "bytes=300-", "bytes=500-"]);
  });

  it("begins anew where a server knows of no ranges", async () => {
    await machine.publishEtcd({ faults: [{ kind: "break", after: 300 }, { kind: "whole" }] });
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
  });

  /** What an interrupted start has left of a download. */
  async function leavePart(content: Buffer): Promise<void> {
    const stop = new AbortController();
    machine.site.serve(etcdUrl, Buffer.from("x".repeat(1000)), [{ kind: "stall", after: 10 }]);
    const begun = machine.ensure(["etcd"], { signal: stop.signal });
    while ((await machine.cached("downloads")).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    await assert.rejects(begun, { name: "AbortError" });
    const [part = ""] = await machine.cached("downloads");
    await fs.writeFile(path.join(machine.cache, "downloads", part), content);
    machine.site.requests.length = 0;
  }

  it("goes on with what an interrupted start has left", async () => {
    const bytes = await machine.publishEtcd();
    await leavePart(bytes.subarray(0, 400));
    machine.site.serve(etcdUrl, bytes);
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
    assert.deepEqual(machine.ranges(), ["bytes=400-"]);
  });

  for (const [what, length] of [
    ["another file's part", 400],
    ["more than the file has", 100_000],
  ] as const) {
    it(`begins anew where ${what} was left`, async () => {
      const bytes = await machine.publishEtcd();
      await leavePart(Buffer.alloc(length, "y"));
      machine.site.serve(etcdUrl, bytes);
      assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
      assert.equal(machine.ranges().at(-1), undefined);
    });
  }

  it("follows a redirect", async () => {
    const bytes = await machine.publishEtcd();
    machine.site.serve(etcdUrl, bytes, [{ kind: "redirect", to: `${machine.site.url}/github.com/elsewhere.tar.gz` }]);
    machine.site.serve("https://github.com/elsewhere.tar.gz", bytes);
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
  });

  for (const status of [404, 403]) {
    it(`builds, and says so, where the site answers ${status}`, async () => {
      await machine.publishEtcd({ faults: [{ kind: "status", status }] });
      await machine.script("go", fakeGo());
      assert.equal((await machine.ensure(["etcd"])).etcd.origin, "built");
      assert.match(machine.said.join("\n"), new RegExp(`etcd: could not be downloaded: .* answers ${status}`));
      assert.equal(machine.ranges().length, 1);
    });
  }

  it("tries again where the site is overloaded", async () => {
    await machine.publishEtcd({
      faults: [
        { kind: "status", status: 503 },
        { kind: "status", status: 429 },
      ],
    });
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "download");
  });

  it("builds what was downloaded and does not run here, or is of another version", async () => {
    await machine.script("go", fakeGo());
    await machine.publishEtcd({ says: "$(exit 3)" });
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "built");
    assert.match(
      machine.said.join("\n"),
      /etcd: could not be downloaded: etcd was downloaded and does not run on this machine/,
    );
    await fs.rm(machine.cache, { recursive: true });
    await machine.publishEtcd({ says: "etcd Version: 3.7.2" });
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "built");
    assert.match(machine.said.join("\n"), /etcd was downloaded and is 3\.7\.2, not 3\.7\.3/);
  });

  it("notices within 3 s that no site answers, says it once, and builds", async () => {
    const silent = net.createServer(() => undefined); // takes the connection and never says a word
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    try {
      await machine.publishEtcd();
      await machine.publish("kwok", "https://dl.example/kwok", "kwok", { version: "0.8.0" });
      await machine.script("go", fakeGo());
      machine.env["ALLOY_MIRROR"] = `http://127.0.0.1:${(silent.address() as net.AddressInfo).port}`;
      const started = Date.now();
      const tools = await machine.ensure(["etcd", "kwok"]);
      assert.deepEqual([tools.etcd.origin, tools.kwok.origin], ["built", "built"]);
      assert.ok(Date.now() - started < 4_000, `${Date.now() - started} ms`);
      const told = machine.said.filter((line) => line.includes("cannot be reached"));
      assert.equal(told.length, 1);
      assert.match(told[0] ?? "", /^downloads: 127\.0\.0\.1:\d+ cannot be reached \(no answer within 2\.5 s\)/);
    } finally {
      silent.close();
    }
  });

  it("goes on at once where a site's name or port does not exist", async () => {
    await machine.publishEtcd();
    await machine.site.close();
    await machine.script("go", fakeGo());
    const started = Date.now();
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "built");
    assert.ok(Date.now() - started < 2_000);
    assert.match(machine.said.join("\n"), /cannot be reached \(.*ECONNREFUSED/);
  });
});
