import assert from "node:assert/strict";

import { copyCheckout } from "./support/checkout";
import { sandbox } from "./support/sandbox";
import { claimsOf } from "./support/summary";

const sentOnce = "every line was sent once";
const ownNode = "each collector reads its own node's pods only";

describe("the proof", () => {
  it("fails where every collector reads every node's pods", async () => {
    const copy = await copyCheckout();
    try {
      await copy.edit("pipeline/sections/discovery.alloy", (text) => text.replace(/\n\tselectors \{[^}]*\}\n/, ""));
      const result = await sandbox().npm("start", [], { cwd: copy.folder });
      const claims = claimsOf(result.output);
      assert.equal(claims.length, 6, result.output);
      assert.equal(result.exitCode, 1);
      const failed = claims.filter(({ holds }) => !holds).map(({ claim }) => claim);
      assert.ok(failed.includes(sentOnce), failed.join("; "));
      assert.ok(failed.includes(ownNode), failed.join("; "));

      // Three collectors, each of which sends every line.
      const counts = /^(\d+) written, (\d+) sent by 3 collectors/.exec(
        claims.find(({ claim }) => claim === sentOnce)?.seen ?? "",
      );
      assert.ok(counts, "the counts are not in the summary");
      assert.ok(Number(counts[2]) > 2 * Number(counts[1]), `${counts[2]} sent of ${counts[1]}`);
      assert.match(claims.find(({ claim }) => claim === ownNode)?.seen ?? "", /node-\d reads \S+\/\S+:\S+/);
    } finally {
      await copy.remove();
    }
  });

  it("passes again where the filter is back", async () => {
    const result = await sandbox().npm("start");
    assert.equal(result.exitCode, 0, result.output);
    assert.match(result.output, /stack local: .*updated/);
    assert.ok(claimsOf(result.output).every(({ holds }) => holds));
  });
});
