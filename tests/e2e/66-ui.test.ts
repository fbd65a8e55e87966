import assert from "node:assert/strict";
import { spawn } from "node:child_process";

import getPort from "get-port";

import { repoRoot } from "../../kit/repo-root";
import { isFree } from "../../packages/sandbox/process/ports";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { sandbox } from "./support/sandbox";

/** A command that runs until somebody ends it, in a process group of its own, as in a terminal. */
function startUi(args: readonly string[]): { output: () => string; interrupt: () => void; ended: Promise<void> } {
  const child = spawn("node", ["commands/alloyctl.js", "ui", "local", ...args], {
    cwd: repoRoot,
    env: { ...process.env, ALLOY_SANDBOX: sandbox().root },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (text += part.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    output: () => text,
    // Ctrl-C goes to every process of the group.
    interrupt: () => {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGINT");
    },
    ended,
  };
}

describe("alloyctl ui", () => {
  it("shows one collector's own pages on 127.0.0.1, until Ctrl-C", async () => {
    const port = await getPort({ host: "127.0.0.1" });
    const ui = startUi(["node-1", "--port", String(port)]);
    try {
      const address = `http://127.0.0.1:${port}`;
      await waitUntil("it says where", () => Promise.resolve(ui.output().includes(address) || ui.output()), {
        timeoutMs: 60_000,
      });
      const pod = (await sandbox().agent()).pods.find(({ node }) => node === "node-1");
      assert.equal(ui.output(), `${pod?.name} on node-1: ${address} (Ctrl-C ends it)\n`);

      // An Alloy that was built here has no pages, but all that they show.
      const ready = await fetch(`${address}/-/ready`);
      assert.equal(ready.status, 200, ui.output());
      assert.equal(await ready.text(), "Alloy is ready.\n");
      // More than one connection, and more than fits into one piece.
      const [components, metrics] = await Promise.all(
        ["/api/v0/web/components", "/metrics"].map(async (place) => (await fetch(`${address}${place}`)).text()),
      );
      assert.match(components ?? "", /"localID":"loki\.source\.kubernetes\.pods"/);
      assert.match(metrics ?? "", /^alloy_build_info\{/m);
      assert.ok((metrics ?? "").length > 20_000);
      // It is node-1's: each collector reads its own node's pods.
      const targets = await (await fetch(`${address}/api/v0/web/components/discovery.relabel.pods`)).text();
      assert.match(targets, /node-1/);
      assert.doesNotMatch(targets, /node-[23]/);
    } finally {
      ui.interrupt();
      await ui.ended;
    }
    assert.ok(await isFree(port), "something listens on after Ctrl-C");
    assert.doesNotMatch(ui.output(), /^ +at .+:\d+/m, "a stack trace is printed");
  });

  it("says which nodes there are where the one that was asked for has no collector", async () => {
    const result = await sandbox().alloyctl("ui", ["local", "node-9"]);
    assert.equal(result.exitCode, 1);
    assert.match(result.output, /no collector runs on node-9\n +→ name one of node-1, node-2, node-3/);
  });
});
