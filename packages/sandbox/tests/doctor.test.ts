import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";

import { examine, nodeServes, type DoctorReport } from "../doctor";
import { writeJson } from "../../../kit/files";
import { sandboxPaths } from "../paths";
import { sandboxTools } from "../servers/servers";
import { costOf } from "../toolchain/plan";
import { recipes } from "../toolchain/recipes";
import { fakeGo, fakeMachine, type FakeMachine } from "./toolchain-fakes";

describe("sandbox:doctor", () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  const place = (): string => path.join(machine.root, "sandbox");
  const look = (): Promise<DoctorReport> => examine(sandboxPaths(place()), machine.env);

  it("names everything that a bare machine lacks, and changes nothing", async () => {
    const before = await fs.readdir(machine.root, { recursive: true });
    const report = await look();
    assert.equal(report.ready, false);
    const text = report.problems.map(({ file, problem, remedy }) => `${file}: ${problem} → ${remedy}`).join("\n");
    assert.match(text, /kube-apiserver 1.*getting it takes Go 1\.\d+.*→ install Go/);
    assert.match(text, /^bao .*takes Python 3 with pip.*→ install Python 3 with pip, or install bao/m);
    assert.match(text, /^prometheus .*takes a Debian or Ubuntu.*→ install prometheus/m);
    assert.ok(report.tools.every(({ path: file }) => file === undefined));
    assert.deepEqual(new Set(report.tools.map(({ from }) => from)), new Set(["build", "download"]));
    assert.deepEqual(
      report.plugins.map(({ origin }) => origin),
      ["stand-in", "stand-in", "stand-in"],
    );
    assert.deepEqual([report.running, report.busy], [[], undefined]);
    assert.deepEqual(await fs.readdir(machine.root, { recursive: true }), before);
  });

  it("counts what is to be got: builds one after the other, downloads beside them", async () => {
    const { cost } = await look();
    const needed = [...recipes].filter(
      ([name]) => !["nginx", "loki-canary", "actionlint", "shellcheck", "pod-security-pods"].includes(name),
    );
    assert.deepEqual(cost, costOf(needed));
    assert.ok(
      cost.seconds > 600 && cost.downloadBytes > 1e8 && cost.diskBytes > cost.keptBytes && cost.keptBytes > 5e8,
    );
    const none = costOf([]);
    assert.deepEqual(none, { seconds: 0, downloadBytes: 0, diskBytes: 0, keptBytes: 0 });
  });

  it("says where a tool is that is there, and which one it passes over", async () => {
    const etcd = await machine.script("etcd", ['echo "etcd Version: 3.7.1"']);
    await machine.script("kwok", ['echo "kwok version v0.6.0"']);
    await machine.script("go", fakeGo({ version: "1.99.0" }));
    const report = await look();
    const tool = report.tools.find(({ name }) => name === "etcd");
    assert.deepEqual(tool, { name: "etcd", version: "3.7.1", from: "path", path: etcd });
    assert.match(report.notes.join("\n"), /^kwok: .* is 0\.6\.0, needed is .*: passed over$/m);
    assert.ok(report.problems.every(({ problem }) => !problem.includes("takes Go")));
    assert.equal(report.tools.length, sandboxTools.length);
  });

  it("names who has a port that the sandbox kept", async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as net.AddressInfo;
      await writeJson(path.join(place(), "ports.json"), { "loki-http": port });
      const { problems } = await look();
      const found = problems.find(({ key }) => key === "loki-http");
      assert.match(found?.problem ?? "", new RegExp(`port ${port} is taken by process ${process.pid} `));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("tells the versions of Node that serve", () => {
    const range = "^20.19.0 || >=22.12.0";
    for (const version of ["20.19.0", "20.99.1", "22.12.0", "24.0.0"])
      assert.equal(nodeServes(version, range), true, version);
    for (const version of ["18.20.0", "20.18.9", "21.7.0", "22.11.9"])
      assert.equal(nodeServes(version, range), false, version);
  });
});
