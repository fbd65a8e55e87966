import assert from "node:assert/strict";

import { Ledger } from "../../../bench/delivery/ledger";
import { Source } from "../../../bench/delivery/source";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import { spaces, type GatedStack } from "../support/gate";
import { sandbox } from "../support/sandbox";

const pods = 30;
const lines = 3_000;

/** Each line once. */
export function thirtyPodTests(stack: GatedStack): void {
  describe("three nodes with thirty pods", () => {
    const ledger = new Ledger(lines);
    let source: Source;

    before(() => {
      source = new Source({ api: sandbox().api, paths: sandbox().paths, ledger, run: "many" });
      stack.onTaken = (streams) => ledger.takeStreams(streams);
    });

    after(async () => {
      stack.onTaken = undefined;
      await source.remove();
    });

    async function written(count: number): Promise<void> {
      await source.write(count, 1_000, new AbortController().signal);
      await waitUntil(
        "the lines arrive",
        () => Promise.resolve(ledger.arrived === ledger.total || `${ledger.arrived} of ${ledger.total}`),
        { timeoutMs: 120_000, intervalMs: 500 },
      );
    }

    it("push every line once", async () => {
      await source.add(spaces.many, pods);
      await written(lines);
      // A line that was sent twice would be before these.
      await written(pods * 10);
      const { written: all, lost, doubles } = ledger.tally();
      assert.deepEqual({ all, lost, doubles }, { all: lines + pods * 10, lost: 0, doubles: 0 });
      const streams = new Set(stack.taken.filter(({ labels }) => labels.includes('app="bench"')).map((s) => s.labels));
      assert.equal(streams.size, 3, [...streams].join("\n"));
    });
  });
}
