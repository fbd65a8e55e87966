import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { goldenNames, goldenRecording } from "../../operations/recording/golden";
import { kubernetesObjects, toYaml } from "../../operations/recording/manifests";
import { run } from "../e2e/support/command";
import accepted from "./accepted.json";
import { checkov } from "./install";

interface Report {
  results: { failed_checks: { check_id: string; resource: string }[] };
  summary: { passed: number; parsing_errors: number };
}

interface Accepted {
  id: string;
  resource: string;
  reason: string;
  /** Stacks that do not have it. */
  unless?: string[];
  /** The one stack that has it. */
  only?: string;
}

/** A second opinion by somebody who does not know our rules: checkov reads the rendered manifests. */
describe("checkov", () => {
  let program: string;
  let folder: string;

  before(async function () {
    this.timeout(900_000);
    program = await checkov();
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-checkov-"));
  });

  after(() => fs.rm(folder, { recursive: true, force: true }));

  for (const name of goldenNames)
    it(`finds in ${name} what is accepted, with a reason each, and nothing else`, async () => {
      const { resources } = await goldenRecording(name);
      const file = path.join(folder, `${name}.yaml`);
      await fs.writeFile(file, toYaml(kubernetesObjects(resources)));
      // --skip-download: descriptions of its checks are the vendor's to serve, and nothing here needs them.
      const flags = ["--framework", "kubernetes", "--output", "json", "--quiet", "--skip-download", "--soft-fail"];
      const { stdout, output, exitCode } = await run(program, ["--file", file, ...flags]);
      assert.equal(exitCode, 0, output);
      const { results, summary } = JSON.parse(stdout) as Report;
      assert.equal(summary.parsing_errors, 0);
      assert.ok(summary.passed > 80, `only ${summary.passed} checks passed: has it read the file?`);
      const found = results.failed_checks.map(
        // Behind a pod's name come its labels.
        ({ check_id, resource }) => `${check_id} ${resource.split(".").slice(0, 3).join(".")}`,
      );
      const expected = (accepted as Accepted[])
        .filter(({ unless = [], only = name }) => !unless.includes(name) && only === name)
        .map(({ id, resource }) => `${id} ${resource}`);
      assert.deepEqual(found.sort(), expected.sort());
    });

  it("is overruled with a reason only", () => {
    for (const { id, reason } of accepted) assert.ok(reason.length > 30, id);
  });
});
