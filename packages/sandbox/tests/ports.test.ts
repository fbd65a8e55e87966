import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { listenersOf, listeningSockets } from "../process/listeners";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { freePort, isFree, portHolder } from "../process/ports";
import { UserError } from "../../../kit/user-error";

describe("ports of the sandbox", () => {
  let paths: SandboxPaths;
  const servers: net.Server[] = [];

  beforeEach(async () => {
    paths = sandboxPaths(await fs.mkdtemp(path.join(os.tmpdir(), "sandbox-ports-")));
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    await fs.rm(paths.root, { recursive: true });
  });

  async function listen(port: number): Promise<void> {
    const server = net.createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port }, resolve));
  }

  it("keeps the port of a name and gives other names other ports", async () => {
    const first = await freePort("loki", paths);
    const second = await freePort("vault", paths);
    assert.notEqual(first, second);
    assert.equal(await freePort("loki", paths), first);
    for (const port of [first, second]) assert.ok(port >= 20_000 && port < 32_768, String(port));
  });

  it("gives different ports to names that are asked for at the same time", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const ports = await Promise.all(names.map((name) => freePort(name, paths)));
    assert.equal(new Set(ports).size, names.length);
  });

  it("names who holds a kept port that is taken", async () => {
    const port = await freePort("loki-http", paths);
    await listen(port);
    assert.equal(await isFree(port), false);
    assert.match((await portHolder(port)) ?? "", new RegExp(`^process ${process.pid} `));
    await assert.rejects(freePort("loki-http", paths), (error) => {
      assert.ok(error instanceof UserError);
      const [problem] = error.problems;
      assert.equal(problem?.file, path.join(paths.root, "ports.json"));
      assert.equal(problem?.key, "loki-http");
      assert.match(problem?.problem ?? "", new RegExp(`port ${port} is taken by process ${process.pid} `));
      return true;
    });
  });

  it("gives two sandboxes that start at the same moment different ports", async () => {
    const other = sandboxPaths(`${paths.root}-other`);
    try {
      const names = ["a", "b", "c", "d"];
      const [mine, theirs] = await Promise.all(
        [paths, other].map((place) => Promise.all(names.map((name) => freePort(name, place)))),
      );
      assert.equal(new Set([...(mine ?? []), ...(theirs ?? [])]).size, 2 * names.length);
    } finally {
      await fs.rm(other.root, { recursive: true, force: true });
    }
  });

  it("tells on which ports a process listens", async () => {
    const port = await freePort("status", paths);
    await listen(port);
    const listeners = await listenersOf([process.pid]);
    assert.ok(listeners.some((listener) => listener.port === port && listener.pid === process.pid));
    assert.deepEqual(await listenersOf([2 ** 22 + 1]), []);
  });

  it("finds listening sockets only, by the port in hexadecimal", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1",
      "   1: 0100007F:1F90 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 222 1",
      "   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1",
    ].join("\n");
    assert.deepEqual(listeningSockets(table), [
      { inode: "111", port: 8080 },
      { inode: "333", port: 80 },
    ]);
    assert.deepEqual(listeningSockets(""), []);
  });
});
