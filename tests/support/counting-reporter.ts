import * as fs from "node:fs";

import { reporters, type MochaOptions, type Runner } from "mocha";

/**
 * mocha's usual report; where ALLOY_TEST_COUNTS names a file, the counts are written there as well, with the
 * full title and message of each failure, so that `.ci/run` can add up its suites without reading what they print.
 */
class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options?: MochaOptions) {
    super(runner, options);
    const file = process.env["ALLOY_TEST_COUNTS"];
    if (file === undefined) return;
    runner.once("end", () => {
      const failed = this.failures.map((test) => `${test.fullTitle()}: ${test.err?.message ?? "no message"}`);
      fs.writeFileSync(file, JSON.stringify({ ...this.stats, failed }));
    });
  }
}

export = CountingReporter;
