import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { collectorsOfNodeAgent } from "../../operations/collectors/find";
import { rotationActions } from "../../operations/rotation/actions";
import type { RotationActions } from "../../operations/rotation/rotate-credential";
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
  const statusFile = path.join(root, "node-agent.json");
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

  /** The actions for the collectors above, as the node agent tells of them; `phases` by node, running without. */
  function actions(
    timeoutMs: number,
    lokiUrl = `${urlOf("node-1")}/loki/api/v1/push`,
    phases: Record<string, object> = {},
  ): RotationActions {
    const running = { phase: "Running", pid: 1 };
    const pods = Object.keys(collectors).map((node) => ({
      ...{ node, name: `alloy-${node}`, uiUrl: urlOf(node), ...running },
      ...phases[node],
    }));
    fs.writeFileSync(statusFile, JSON.stringify({ pods }));
    said.length = 0;
    return rotationActions({
      context: {
        settings: settingsOf({ credentials: { mode: "vault" }, vault: vaultValues, lokiUrl }),
        engine: { pulumi: "pulumi", env: {}, stack: "test", policyPack: "policy" },
        env: {},
        home: ".",
        place: { stackFile: "Pulumi.test.yaml" },
        findCollectors: collectorsOfNodeAgent(statusFile),
      },
      backend: "loki",
      kind: "basic",
      store: { read: () => assert.fail(), write: () => assert.fail(), remove: () => assert.fail() },
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
    await actions(20_000).collectorsUse(next);
    assert.ok(looks > 2, "it did not wait for node-2");
    assert.deepEqual(said, ["every collector has delivered with it (2)"]);
  });

  it("names those that have the new user but have not delivered, and that it can be gone on with", async () => {
    collectors = { "node-1": { ...idle, user: () => "tenant-2" }, "node-2": { ...idle, succeeded: counter(1, 1) } };
    await assert.rejects(actions(1_000).collectorsUse(next), (error: unknown) => {
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
      actions(1_000).collectorsAtRest(),
      /the collectors of node-2\n +cannot deliver to loki right now/,
    );
  });

  it("is begun where one has tried again once, and delivers", async () => {
    collectors = { "node-1": { ...idle, retried: () => 7, succeeded: counter(1, 1) }, "node-2": idle };
    await actions(1_000).collectorsAtRest();
  });

  it("is begun at once where none has ever tried again", async () => {
    collectors = { "node-1": idle, "node-2": idle };
    await actions(1_000).collectorsAtRest();
    assert.deepEqual(said, []);
  });

  it("tries the credential out where the collectors send, and says where it is refused", async () => {
    collectors = {};
    await actions(1_000).tryOut(next);
    await assert.rejects(actions(600, "http://127.0.0.1:1/loki/api/v1/push").tryOut(next), (error: unknown) => {
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
    await actions(1_000).deliver();
    assert.deepEqual(said, []);
  });

  const delivering = {
    ...idle,
    user: () => "tenant-2",
    succeeded: (() => {
      let n = 0;
      return () => ++n;
    })(),
  };

  it("does not take an empty list for every collector: neither before it begins nor at its end", async () => {
    collectors = {};
    await assert.rejects(
      actions(1_000).collectorsAtRest(),
      /nothing was changed\.\n +the collectors\n +do not exist: nobody can say when they have the new credential/,
    );
    await assert.rejects(
      actions(600).collectorsUse(next),
      /the rotation is not finished\.\n +the collectors\n +do not exist; the old credential is still let in/,
    );
    assert.deepEqual(said, []);
  });

  it("waits for one that starts and for one that ends: both may still use the old credential", async () => {
    for (const phase of [{ phase: "Pending", pid: undefined }, { terminating: true }]) {
      collectors = { "node-1": delivering, "node-2": delivering };
      const ends = actions(1_500, undefined, { "node-2": phase }).collectorsUse(next);
      await assert.rejects(ends, /the collectors of node-2\n/);
    }
  });

  it("does not wait for a pod that was evicted: another one has its place", async () => {
    collectors = { "node-1": delivering, "node-2": delivering };
    await actions(5_000, undefined, { "node-2": { phase: "Failed" } }).collectorsUse(next);
    assert.deepEqual(said, ["every collector has delivered with it (1)"]);
  });
});
