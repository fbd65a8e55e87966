import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import type { RotationWorld } from "../../operations/rotation/rotate-credential";
import { realWorld } from "../../operations/rotation/environment";
import { sandboxPaths } from "../../packages/sandbox/paths";
import { UserError } from "../../kit/user-error";
import { settingsOf, vaultValues } from "../support/settings";

interface FakeCollector {
  user: () => string;
  succeeded: () => number;
  retried: () => number;
}

const metricsOf = ({ succeeded, retried }: FakeCollector): string =>
  `loki_write_request_duration_seconds_count{status_code="204"} ${succeeded()}\n` +
  `loki_write_batch_retries_total{host="h"} ${retried()}\n`;

function componentOf({ user }: FakeCollector): string {
  const username = { name: "username", type: "attr", value: { type: "string", value: user() } };
  return JSON.stringify({ arguments: [{ name: "endpoint", body: [{ name: "basic_auth", body: [username] }] }] });
}

/** Two collectors that answer as Alloy does; what they say is set by each test. */
describe("a rotation and the collectors", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-rotation-"));
  const servers = new Map<string, http.Server>();
  /** By node: the user that its component has, accepted requests, and tries. Called at each look. */
  let collectors: Record<string, FakeCollector>;
  const said: string[] = [];

  before(async () => {
    for (const node of ["node-1", "node-2"]) {
      const server = http.createServer((request, response) => {
        const collector = collectors[node];
        if (request.method === "POST") response.writeHead(request.headers.authorization ? 204 : 401).end();
        else if (collector === undefined) response.writeHead(404).end();
        else if (request.url === "/metrics") response.end(metricsOf(collector));
        else response.end(componentOf(collector));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      servers.set(node, server);
    }
  });
  after(async () => {
    for (const server of servers.values()) await new Promise((resolve) => server.close(resolve));
    fs.rmSync(root, { recursive: true, force: true });
  });

  const urlOf = (node: string): string => `http://127.0.0.1:${(servers.get(node)?.address() as AddressInfo).port}`;

  function world(timeoutMs: number, lokiUrl = `${urlOf("node-1")}/loki/api/v1/push`): RotationWorld {
    const pods = Object.keys(collectors).map((node) => ({ node, name: `alloy-${node}`, uiUrl: urlOf(node) }));
    fs.writeFileSync(path.join(root, "node-agent.json"), JSON.stringify({ pods }));
    said.length = 0;
    return realWorld({
      settings: settingsOf({ credentials: { mode: "vault" }, vault: vaultValues, lokiUrl }),
      backend: "loki",
      kind: "basic",
      store: { read: () => assert.fail(), write: () => assert.fail(), remove: () => assert.fail() },
      call: { pulumi: "pulumi", env: {}, stack: "test", policyPack: "policy" },
      errors: { stackFile: "Pulumi.test.yaml" },
      sandbox: sandboxPaths(root),
      timeoutMs,
      say: (text) => void said.push(text),
    });
  }

  const counter = (from: number, step: number): (() => number) => {
    let value = from;
    return () => (value += step);
  };
  const idle = { user: () => "tenant", succeeded: () => 5, retried: () => 0 };
  const next = { username: "tenant-2", password: "hidden" };

  it("ends when each has the new user and has delivered since", async () => {
    let looks = 0;
    collectors = {
      "node-1": { ...idle, user: () => "tenant-2", succeeded: counter(10, 1) },
      "node-2": { ...idle, user: () => (++looks > 2 ? "tenant-2" : "tenant"), succeeded: counter(3, 1) },
    };
    await world(20_000).collectorsUse(next);
    assert.ok(looks > 2, "it did not wait for node-2");
    assert.deepEqual(said, ["every collector has delivered with it (2)"]);
  });

  it("names those that have the new user but have not delivered, and that it can be gone on with", async () => {
    collectors = { "node-1": { ...idle, user: () => "tenant-2" }, "node-2": { ...idle, succeeded: counter(1, 1) } };
    await assert.rejects(world(1_000).collectorsUse(next), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /the rotation is not finished\.\n +the collectors of node-1, node-2\n.*old one is still let in/,
      );
      return true;
    });
  });

  it("is not begun where one tries again and nothing gets through", async () => {
    collectors = { "node-1": idle, "node-2": { ...idle, retried: counter(1, 1) } };
    await assert.rejects(
      world(1_000).collectorsAtRest(),
      /the collectors of node-2\n +cannot deliver to loki right now/,
    );
  });

  it("is begun where one has tried again once, and delivers", async () => {
    collectors = { "node-1": { ...idle, retried: () => 7, succeeded: counter(1, 1) }, "node-2": idle };
    await world(1_000).collectorsAtRest();
  });

  it("is begun at once where none has ever tried again", async () => {
    collectors = { "node-1": idle, "node-2": idle };
    await world(1_000).collectorsAtRest();
    assert.deepEqual(said, []);
  });

  it("tries the credential out where the collectors send, and says where it is refused", async () => {
    collectors = {};
    await world(1_000).tryOut(next);
    await assert.rejects(world(600, "http://127.0.0.1:1/loki/api/v1/push").tryOut(next), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /cannot be asked whether it takes the new credential \(.*ECONNREFUSED.*from this machine\)/,
      );
      assert.doesNotMatch(error.message, /hidden/);
      return true;
    });
  });

  it("has nothing to deliver in mode vault: the collectors read it themselves", async () => {
    await world(1_000).deliver();
    assert.deepEqual(said, []);
  });
});
