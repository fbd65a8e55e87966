import * as fs from "node:fs";

import { reporters, type MochaOptions, type Runner, type Test } from "mocha";

/** What one suite writes for `.ci/run`, which adds up the suites without reading what they print. */
export interface SuiteCounts {
  passes: number;
  failures: number;
  /** Full title and message of each failure. */
  failed: string[];
  /** The ten tests that took longest, longest first. */
  slowest: { title: string; seconds: number }[];
}

/** mocha's usual report. If ALLOY_TEST_COUNTS names a file, the counts of the suite are written there as well. */
class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options?: MochaOptions) {
    super(runner, options);
    const file = process.env["ALLOY_TEST_COUNTS"];
    if (file === undefined) return;
    const done: Test[] = [];
    runner.on("test end", (test) => done.push(test));
    runner.once("end", () => {
      const failed = this.failures.map((test) => `${test.fullTitle()}: ${test.err?.message ?? "no message"}`);
      const slowest = done
        .map((test) => ({ title: test.fullTitle(), seconds: Math.round((test.duration ?? 0) / 100) / 10 }))
        .sort((a, b) => b.seconds - a.seconds)
        .slice(0, 10);
      fs.writeFileSync(file, JSON.stringify({ ...this.stats, failed, slowest }));
    });
  }
}

// mocha takes a reporter that is the module itself.
module.exports = CountingReporter;
