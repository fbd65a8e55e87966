import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { startTimeOf } from "../../../kit/process-marks";
import { makeContext } from "../toolchain/ensure";
import { clearOldGoCaches, compilerMemory } from "../toolchain/go-caches";
import { remaining } from "../toolchain/run";
import { fakeGo, fakeMachine, type FakeMachine } from "./toolchain-fakes";

describe("toolchain: caches that builds share", function () {
  this.timeout(20_000);
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  const failing = [...fakeGo().slice(0, 2), '/bin/mkdir -p "$GOMODCACHE/example.org" "$GOCACHE/00"', "exit 1"];
  const user = (name: string): string => path.join(machine.cache, "go", "users", name);

  it("are removed after the last build", async () => {
    await machine.script("go", fakeGo());
    await machine.ensure(["actionlint", "etcd"]);
    assert.equal((await machine.builds()).length, 2);
    assert.deepEqual([await machine.cached("go"), await machine.cached("build")], [[], []]);
  });

  it("outlive a build that did not end well, and are used by the next", async () => {
    await machine.script("go", failing);
    await assert.rejects(machine.ensure(["actionlint"]));
    assert.deepEqual(await machine.cached("go/go-build"), ["00"]);
    assert.deepEqual(await machine.cached("go/users"), []);
    assert.match(machine.said.join("\n"), /go: what was compiled so far is kept for the next attempt, in /);
    await machine.script("go", [
      ...fakeGo().slice(0, 2),
      '[ -d "$GOCACHE/00" ] || { echo "the caches are gone"; exit 1; }',
      ...fakeGo().slice(2),
    ]);
    assert.equal((await machine.ensure(["actionlint"])).actionlint.origin, "built");
    assert.deepEqual(await machine.cached("go"), []);
  });

  it("are not kept on a disk that is nearly full", async () => {
    await machine.script("go", failing);
    let asked = 0;
    // There was room when the build was planned and begun, and none is left when it fails.
    const freeBytes = (): Promise<number> => Promise.resolve(asked++ < 3 ? 1e12 : 1e9);
    await assert.rejects(machine.ensure(["actionlint"], { freeBytes }));
    assert.deepEqual(await machine.cached("go"), []);
  });

  it("stay while another process builds with them, and not for one that has ended", async () => {
    await machine.script("go", fakeGo());
    await fs.mkdir(user(""), { recursive: true });
    await fs.writeFile(user(`${process.pid}.other`), `${await startTimeOf(process.pid)}`);
    await machine.ensure(["actionlint"]);
    assert.deepEqual(await machine.cached("go/users"), [`${process.pid}.other`]);
    await fs.writeFile(user(`${process.pid}.other`), "another boot/1");
    await machine.ensure(["etcd"]);
    assert.deepEqual(await machine.cached("go"), []);
  });

  it("go when nobody has come back to them for a day", async () => {
    const context = makeContext(() => undefined, { env: machine.env });
    await fs.mkdir(user(""), { recursive: true });
    await clearOldGoCaches(context);
    assert.deepEqual(await machine.cached("go"), ["users"]);
    const before = new Date(Date.now() - 25 * 3_600_000);
    await fs.utimes(user(""), before, before);
    await clearOldGoCaches(context);
    assert.deepEqual(await machine.cached("go"), []);
  });

  it("fetches the next recipe's modules while one builds", async () => {
    await machine.script("go", [`case "$1" in list|build) echo "$1 $PWD" >> "$FAKE_LOG";; esac`, ...fakeGo()]);
    await machine.ensure(["actionlint", "etcd"]);
    const order = (await machine.builds())
      .filter((line) => /^(list|build) \//.test(line))
      .map((line) => line.replace(/\/.*\//, ""));
    assert.deepEqual(order.slice(0, 1), ["list cluster"]);
    assert.ok(order.indexOf("list actionlint") < order.indexOf("build actionlint"), `${order}`);
  });
});

describe("toolchain: what builds are told", () => {
  it("compilers collect no garbage below a limit that the machine's memory allows", () => {
    assert.deepEqual(compilerMemory(16e9, 2), { GOGC: "off", GOMEMLIMIT: "2048MiB" });
    assert.deepEqual(compilerMemory(6e9, 2), { GOGC: "off", GOMEMLIMIT: "953MiB" });
    assert.deepEqual(compilerMemory(6e9, 8), {}, "too little for each: as Go means them to work");
    assert.deepEqual(compilerMemory(2e9, 2), {});
  });

  it("tells the minutes that are left, by the pace of this machine", () => {
    assert.equal(remaining(5, 0, { secondsAfter: 0, factor: 1 }), "about 5 s left");
    assert.equal(remaining(500, 60, { secondsAfter: 700, factor: 1 }), "about 8 min left, 19 min for all builds");
    assert.equal(remaining(500, 60, { secondsAfter: 700, factor: 2 }), "about 16 min left, 39 min for all builds");
    assert.equal(remaining(60, 100, { secondsAfter: 0, factor: 1 }), "longer than usual");
    assert.equal(remaining(60, 100, { secondsAfter: 120, factor: 1 }), "longer than usual, 2 min for all builds");
  });
});
