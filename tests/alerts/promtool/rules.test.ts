import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { stringify } from "yaml";

import { factsOf } from "../../../alerts/facts";
import { prometheusRuleSpec } from "../../../alerts/prometheus-rule";
import { alerts, type AlertName } from "../../../alerts/table";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { alertStacks } from "../stacks";
import { faults } from "./faults";
import { fault, healthySeries, inputSeries } from "./series";

const place = ["test-cluster", "monitoring"] as const;

interface Expectation {
  expr: string;
  eval_time: string;
  exp_samples: { labels: string; value: number }[];
}

/** Of each alert that fires: how many there are, by severity. */
const firing = (name: string): string =>
  `count by (alertname, severity) (ALERTS{alertname="${name}",alertstate="firing"})`;

const expecting = (name: string, minute: number, severities: readonly string[]): Expectation => ({
  expr: firing(name),
  eval_time: `${minute}m`,
  exp_samples: severities.map((severity) => ({ labels: `{alertname="${name}",severity="${severity}"}`, value: 1 })),
});

describe("the alerts in Prometheus' own eyes", function () {
  this.timeout(300_000);
  let promtool = "";
  let folder = "";

  before(async () => {
    const tools = await ensureTools(["promtool"], (tool, text) => console.error(`${tool}: ${text}`));
    promtool = tools.promtool.path;
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-rules-"));
    for (const [stack, { settings, text }] of Object.entries(alertStacks))
      await fs.writeFile(path.join(folder, `${stack}.yaml`), stringify(prometheusRuleSpec(settings, text)));
  });
  after(() => fs.rm(folder, { recursive: true, force: true }));

  const run = (args: readonly string[]): Promise<{ code: number; output: string }> =>
    new Promise((resolve) =>
      execFile(promtool, [...args], { cwd: folder }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : 1, output: `${stdout}${stderr}` }),
      ),
    );

  /** Runs one test of one stack's rules. */
  async function check(stack: string, everywhere: boolean, name: AlertName | undefined, expected: Expectation[]) {
    const { settings, text } = alertStacks[stack] ?? assert.fail(stack);
    const healthy = healthySeries(factsOf(settings, text).configHash);
    const file = {
      rule_files: [`${stack}.yaml`],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: inputSeries(healthy, name === undefined ? [] : faults[name].series, everywhere, place),
          promql_expr_test: expected,
        },
      ],
    };
    const testFile = path.join(folder, `${name ?? "healthy"}-${stack}.test.yaml`);
    await fs.writeFile(testFile, stringify(file));
    return run(["test", "rules", testFile]);
  }

  for (const stack of Object.keys(alertStacks)) {
    it(`are rules that promtool takes with every lint: ${stack}`, async () => {
      const { code, output } = await run(["check", "rules", "--lint=all", "--lint-fatal", `${stack}.yaml`]);
      assert.equal(code, 0, output);
      assert.match(output, /SUCCESS: \d{2} rules found/);
    });

    it(`are silent on healthy series: ${stack}`, async () => {
      const quiet = [30, 150, 300, 630].map((minute) => ({
        ...{ expr: 'count by (alertname) (ALERTS{alertname=~"Alloy.*"})', eval_time: `${minute}m`, exp_samples: [] },
      }));
      const { code, output } = await check(stack, false, undefined, quiet);
      assert.equal(code, 0, output);
    });
  }

  it("are refused by promtool, as a test of this test, if they are expected to be silent in a fault", async () => {
    const { code, output } = await check("files", false, "AlloyMemoryNearLimit", [
      expecting("AlloyMemoryNearLimit", fault.to - 1, []),
    ]);
    assert.equal(code, 1, output);
  });

  for (const { name } of alerts)
    it(`${name} is silent before its fault, fires in it, and resolves`, async () => {
      const [stack] =
        Object.entries(alertStacks).find(([, { settings }]) =>
          alerts.find((one) => one.name === name)?.isOn(settings),
        ) ?? assert.fail(`no stack has ${name}`);
      const { severities, everywhere = false } = faults[name];
      const { code, output } = await check(stack, everywhere, name, [
        expecting(name, fault.from - 1, []),
        expecting(name, fault.to - 1, [...severities].sort()),
        expecting(name, fault.end, []),
      ]);
      assert.equal(code, 0, output);
    });
});
