import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { sandboxPaths } from "../paths";
import { problemsOf } from "../status/problems";
import type { PodStatus, SandboxStatus } from "../status/read-status";
import { silentServers } from "../status/server-answers";

const loki = { name: "loki", running: true, pid: 1, startedAt: "", ports: [], log: "", lastLines: [] };
const pod: PodStatus = {
  ...{
    node: "node-1",
    name: "alloy-a",
    phase: "Running",
    ready: true,
    restarts: 0,
    terminating: false,
    uiUrl: "http://x",
  },
  ...{
    log: "",
    lastError: undefined,
    sent: 1,
    dropped: 0,
    linesPerSecond: 0,
    targets: 1,
    errors: [],
    refused: undefined,
  },
  lastLines: [],
};
const well: SandboxStatus = {
  ...{ processes: [loki], pods: [pod], tools: [], plugins: [], urls: {}, target: undefined },
  ...{ trouble: undefined, silent: {}, deployed: true },
};

describe("what is wrong with a sandbox", () => {
  it("is nothing if all of it works, or if nothing was deployed yet", () => {
    assert.deepEqual(problemsOf(well), []);
    assert.deepEqual(problemsOf({ ...well, deployed: false, pods: [] }), []);
    const own = { context: "kind-kind", vault: undefined };
    assert.deepEqual(problemsOf({ ...well, pods: [], target: own }), [], "the collectors are on the user's cluster");
  });

  const cases: [string, Partial<SandboxStatus>, RegExp][] = [
    ["nothing runs", { processes: [], pods: [] }, /^nothing runs$/],
    ["a server has ended", { processes: [{ ...loki, running: false }] }, /^loki has ended$/],
    ["a server hangs", { silent: { Loki: "it hangs" } }, /^Loki: it hangs$/],
    ["the node agent has trouble", { trouble: "401" }, /^the node agent has trouble: 401$/],
    ["no collector runs", { pods: [] }, /no collector runs/],
    ["a collector is not ready", { pods: [{ ...pod, ready: false }] }, /node-1 is not ready/],
    ["a collector is ending", { pods: [{ ...pod, terminating: true }] }, /node-1 is ending/],
    ["a collector is refused", { pods: [{ ...pod, refused: "forbidden" }] }, /node-1 is refused: forbidden/],
    ["a collector does not answer", { pods: [{ ...pod, sent: undefined }] }, /node-1 does not answer/],
  ];
  for (const [what, change, words] of cases)
    it(`is told if ${what}`, () => {
      const problems = problemsOf({ ...well, ...change });
      assert.equal(problems.length, 1, problems.join("; "));
      assert.match(problems[0] ?? "", words);
    });
});

describe("the sandbox's servers", () => {
  it("are silent if they refuse, answer with an error, or hang", async () => {
    const server = http.createServer((request, response) => {
      if (request.url === "/ready") return response.writeHead(503).end();
      if (request.url === "/-/ready") return response.end("ok");
      return undefined; // OpenBao's path is never answered
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const silent = await silentServers(sandboxPaths("/nowhere"), { Loki: url, Prometheus: url, OpenBao: url }, false);
      assert.deepEqual(Object.keys(silent), ["Loki", "OpenBao"]);
      assert.match(silent["Loki"] ?? "", /answers 503$/);
      assert.match(silent["OpenBao"] ?? "", /does not answer within 3 s: it hangs$/);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    const gone = await silentServers(sandboxPaths("/nowhere"), { Loki: url }, false);
    assert.match(gone["Loki"] ?? "", /does not answer \(fetch failed/);
  });
});
