import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { fakeGo, fakeMachine, type FakeMachine } from "./toolchain-fakes";

describe("toolchain: PATH, cache or build", () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  it("takes a tool from PATH when its version is accepted", async () => {
    const file = await machine.script("etcd", ['echo "etcd Version: 3.6.5"']);
    const { etcd } = await machine.ensure(["etcd"]);
    assert.deepEqual(etcd, { name: "etcd", path: file, version: "3.6.5", origin: "path", source: "path" });
    assert.deepEqual(await machine.cached("tools"), []);
  });

  it("passes over a version that does not fit, says so, and builds", async () => {
    const old = await machine.script("kwok", ['echo "kwok version v0.6.0"']);
    await machine.script("go", fakeGo());
    const { kwok } = await machine.ensure(["kwok"]);
    assert.equal(kwok.origin, "built");
    assert.equal(kwok.path, path.join(machine.cache, "tools", "kwok-0.8.0", "kwok"));
    assert.ok(machine.said.includes(`kwok: ${old} is 0.6.0, needed is >=0.8.0 <0.9.0: passed over`), `${machine.said}`);
  });

  it("passes over a tool that cannot be run, and looks further along PATH", async () => {
    await machine.script("etcd", ["exit 1"]);
    const further = path.join(machine.root, "further");
    const good = await machine.script("etcd", ['echo "etcd Version: 3.7.0"'], further);
    machine.env["PATH"] += `:${further}`;
    assert.equal((await machine.ensure(["etcd"])).etcd.path, good);
    assert.match(machine.said.join("\n"), /bin\/etcd does not tell its version: passed over/);
  });

  it("takes from the cache what an earlier run built, also with the cache on PATH", async () => {
    await machine.script("go", fakeGo());
    await machine.ensure(["etcd"]);
    const folder = path.join(machine.cache, "tools", "etcd-3.7.3");
    machine.env["PATH"] += `:${folder}`;
    const { etcd } = await machine.ensure(["etcd"]);
    assert.deepEqual(etcd, {
      name: "etcd",
      path: path.join(folder, "etcd"),
      version: "3.7.3",
      origin: "cache",
      source: "built",
    });
    assert.equal((await machine.builds()).length, 1);
  });

  it("builds again what was made by a recipe that has changed since", async () => {
    await machine.script("go", fakeGo());
    await machine.ensure(["etcd"]);
    await fs.writeFile(path.join(machine.cache, "tools", "etcd-3.7.3", ".recipe"), "an older one\n");
    assert.equal((await machine.ensure(["etcd"])).etcd.origin, "built");
    assert.equal((await machine.builds()).length, 2);
    assert.deepEqual(await machine.cached("build"), []);
  });

  it("builds tools of one recipe in one go", async () => {
    await machine.script("go", fakeGo());
    const tools = await machine.ensure(["kwok", "kwokctl"]);
    assert.deepEqual([tools.kwok.origin, tools.kwokctl.origin], ["built", "built"]);
    assert.equal((await machine.builds()).length, 1);
  });

  it("takes the language host that a released engine brings, and only with that engine", async () => {
    const host = await machine.script("pulumi-language-nodejs", ["exit 2"]);
    await machine.script("pulumi", ["echo v3.300.0"]);
    const found = (await machine.ensure(["pulumi-language-nodejs"]))["pulumi-language-nodejs"];
    assert.deepEqual(found, {
      name: "pulumi-language-nodejs",
      path: host,
      version: "3.300.0",
      origin: "path",
      source: "path",
    });
    await machine.script("pulumi", ["echo v3.100.0"]);
    await assert.rejects(machine.ensure(["pulumi-language-nodejs"]), UserError);
  });

  it("gives the build an environment of its own", async () => {
    machine.env["GOFLAGS"] = "-mod=vendor";
    machine.env["GOTOOLCHAIN"] = "go1.20";
    machine.env["CGO_ENABLED"] = "1";
    await machine.script("go", fakeGo());
    await machine.ensure(["etcd"]);
    assert.match(
      `${await machine.builds()}`,
      /-mod=readonly -trimpath.* GOFLAGS=-modcacherw GOTOOLCHAIN=local CGO_ENABLED=0/,
    );
  });
});
