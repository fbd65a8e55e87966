import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { nodeNames } from "../../../packages/sandbox/servers/cluster/nodes";
import { withConfig, type ConfigValues } from "../support/config";
import { sandbox } from "../support/sandbox";

/** A promise of a petabyte: stack config says that the disk is there, the node knows better. */
const tooMuch: ConfigValues = [
  [
    ["alloy:wal"],
    {
      logs: true,
      disk: "1Pi",
      load: { nodeLinesPerSecond: 1_000_000, containerLinesPerSecond: 1, bytesPerLine: 200_000 },
    },
  ],
  [["alloy:rollout"], { timeout: "20s", maxUnavailable: 1 }],
];

/** What a node does that cannot keep the promise. */
export function diskTests(): void {
  describe("a disk that is too small for the promise", () => {
    it("keeps the new collector from starting, in words, and the others as they are", () =>
      withConfig(tooMuch, async () => {
        const before = (await sandbox().agent()).pods;
        const logs = nodeNames.map((node) => path.join(sandbox().paths.logs, `pod-${node}-prepare-storage.log`));
        const sizes = await Promise.all(logs.map(async (log) => (await fs.stat(log)).size));

        const result = await sandbox().npm("up", ["local", "--yes", "--force"]);
        assert.notEqual(result.exitCode, 0, result.output);
        assert.match(result.output, /alloy:rollout\.timeout\n +after 20s these nodes are Ready and do not run the new/);
        assert.match(
          result.output,
          /free that disk or give the directory a larger one, or lower alloy:wal\.outageBudget/,
        );

        const said = await Promise.all(
          logs.map(async (log, at) => (await fs.readFile(log)).subarray(sizes[at]).toString("utf8")),
        );
        const words = said.filter((text) => text !== "");
        assert.equal(words.length, 1, "one node was to be changed at a time");
        assert.match(
          words[0] ?? "",
          /\/var\/lib\/alloy has room for \d+ MiB, and alloy:wal promises what takes 57\d{7} MiB\n/,
        );
        const after = (await sandbox().agent()).pods.filter(({ ready }) => ready);
        assert.equal(after.length, nodeNames.length - 1);
        for (const { uid, pid } of after)
          assert.ok(
            before.some((pod) => pod.uid === uid && pod.pid === pid),
            "a collector was started anew",
          );
      }));
  });
}
