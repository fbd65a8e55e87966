import assert from "node:assert/strict";

import { collectorsOfNodeAgent, readStates } from "../../../operations/collectors/find";
import { agentStatusFile } from "../../../packages/sandbox/node-agent/agent-status";
import { nodeNames } from "../../../packages/sandbox/servers/cluster/nodes";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { withConfig } from "../support/config";
import { spaces, type GatedStack } from "../support/gate";
import { sandbox, stackObjects, type LiveObject } from "../support/sandbox";

interface ConfigMap extends LiveObject {
  data: { "config.alloy": string };
}

// Not "warn": that is what 60-lifecycle leaves, and a stack without a change has nothing to refuse.
const quieter: [string[], unknown][] = [[["alloy:logLevel"], "error"]];

/** What `npx alloyctl up` does while Loki takes nothing, and when it refuses lines. */
export function outageTests(stack: GatedStack): void {
  describe("npx alloyctl up while Loki takes nothing", () => {
    const writeEverywhere = (line: string): void => {
      for (const at of nodeNames.keys()) stack.pod(`web-${at + 1}`).write(line);
    };

    before(async () => {
      stack.gate.setMode({ kind: "status", status: 500 });
      writeEverywhere("level=info written during the outage");
      const find = collectorsOfNodeAgent(agentStatusFile(sandbox().paths));
      await waitUntil(
        "each collector tries again",
        async () => {
          const states = await readStates(find);
          const waiting = states.filter(({ retries }) => retries === 0).map(({ node }) => node);
          return (states.length === nodeNames.length && waiting.length === 0) || `not yet: ${waiting.join(", ")}`;
        },
        { timeoutMs: 120_000, intervalMs: 500 },
      );
    });

    after(() => stack.gate.setMode({ kind: "pass" }));

    it("refuses to roll pods, by name of their nodes, and changes nothing", () =>
      withConfig(quieter, async () => {
        const before = await sandbox().deployed();
        const pods = (await sandbox().agent()).pods.map(({ uid }) => uid);
        const result = await sandbox().npm("up", ["local", "--yes"]);
        assert.equal(result.exitCode, 1, result.output);
        assert.match(
          result.output,
          /the collectors of node-\d[^\n]* hold lines that Loki does not take, and may lose them when they stop\n/,
        );
        assert.match(result.output, /→ wait until Loki takes them, or give them up with --force/);
        assert.deepEqual(await sandbox().deployed(), before);
        assert.deepEqual(
          (await sandbox().agent()).pods.map(({ uid }) => uid),
          pods,
        );
        // Another level of Alloy's own words is no label of a target.
        assert.doesNotMatch(result.output, /will be read again/);
      }));

    it("goes on with --force, and fails where the first lines are refused, with what to mend", () =>
      withConfig(quieter, async () => {
        const before = (await sandbox().agent()).pods.map(({ uid }) => uid);
        let ended = false;
        const running = sandbox()
          .npm("up", ["local", "--yes", "--force"])
          .finally(() => (ended = true));
        // It began while Loki took nothing; the new collectors meet one that refuses them.
        await waitUntil(
          "the collectors that held lines are gone",
          async () => ended || (await sandbox().agent()).pods.every(({ uid }) => !before.includes(uid)),
          { timeoutMs: 180_000, intervalMs: 200 },
        );
        stack.gate.setMode({ kind: "status", status: 401 });
        // What the old ones had read is theirs to lose: positions run ahead of delivery.
        writeEverywhere("level=info written to be refused");
        const result = await running;
        assert.equal(result.exitCode, 1, result.output);
        assert.match(result.output, /1 problem; what was deployed stays, but its lines do not arrive\.\n/);
        assert.match(
          result.output,
          /Pulumi\.local\.yaml: alloy:credentials\n +Loki answers 401 to node-\d[^\n]*: each such batch of lines is lost\n/,
        );
        assert.match(result.output, /→ give the collectors the credential that Loki's gateway asks for/);
        const { data } = await sandbox().get<ConfigMap>(stackObjects.ConfigMap);
        assert.match(data["config.alloy"], /level += "error"/);
      }));

    it("is followed by lines again, once Loki takes them", async () => {
      stack.gate.setMode({ kind: "pass" });
      const text = "level=info written after the outage";
      writeEverywhere(text);
      await waitUntil(
        "the lines arrive",
        () => {
          const count = stack.lines(`namespace="${spaces.shop}"`).filter((line) => line === text).length;
          return Promise.resolve(count === nodeNames.length || `${count} of ${nodeNames.length}`);
        },
        { timeoutMs: 120_000, intervalMs: 500 },
      );
    });
  });
}
