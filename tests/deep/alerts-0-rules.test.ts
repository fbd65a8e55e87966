import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parse, stringify } from "yaml";

import { keptMetrics } from "../../alerts/kept-metrics";
import { prometheusRuleSpec } from "../../alerts/prometheus-rule";
import { podMonitorSpec } from "../../components/self-monitoring";
import { ensureMonitoringTools, type MonitoringTools } from "../../packages/sandbox/toolchain/monitoring-tools";
import { selectorLabels } from "../../settings/names";
import { alertStacks } from "../alerts/stacks";
import { run, type CommandResult } from "../e2e/support/command";
import { prometheusObject } from "./monitoring/operator";

describe("the rules and the monitor of each stack", () => {
  let tools: MonitoringTools;
  let folder = "";

  before(async () => {
    tools = await ensureMonitoringTools((tool, text) => console.error(`${tool}: ${text}`));
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-rules-"));
    for (const [stack, { settings, text }] of Object.entries(alertStacks)) {
      const spec = prometheusRuleSpec(settings, text);
      await write(`${stack}.rules.yaml`, spec);
      await write(`${stack}.rule.yaml`, object("PrometheusRule", settings.namespace.name, spec));
      const monitor = podMonitorSpec(settings, selectorLabels, keptMetrics(settings));
      await write(`${stack}.monitor.yaml`, object("PodMonitor", settings.namespace.name, monitor));
    }
    await write("prometheus.yaml", prometheusObject("https://127.0.0.1:6443", certificates));
    const { settings, text } = alertStacks[stackNames[0] ?? ""] ?? assert.fail("there is no stack");
    const broken = prometheusRuleSpec(settings, text);
    const [first] = broken.groups.flatMap(({ rules }) => rules);
    assert.ok(first, "the stack has no rule");
    first.expr += " and (";
    await write("broken.rules.yaml", broken);
    await write("broken.rule.yaml", object("PrometheusRule", settings.namespace.name, broken));
  });
  after(() => fs.rm(folder, { recursive: true, force: true }));

  const stackNames = Object.keys(alertStacks);
  const certificates = { caFile: "/x/ca.crt", certFile: "/x/admin.crt", keyFile: "/x/admin.key" };
  const write = (name: string, content: unknown): Promise<void> =>
    fs.writeFile(path.join(folder, name), stringify(content));
  const inFolder = (program: string, ...args: string[]): Promise<CommandResult> => run(program, args, { cwd: folder });

  for (const stack of stackNames) {
    it(`pass the operator's own validating webhook: ${stack}`, async () => {
      const { exitCode, output } = await inFolder(tools.operatorConfig, "-validate", `${stack}.rule.yaml`);
      assert.deepEqual([exitCode, output], [0, ""]);
    });

    it(`pass every lint of Prometheus 3's promtool: ${stack}`, async () => {
      const { exitCode, output } = await inFolder(
        ...([tools.promtool, "check", "rules", "--lint=all", "--lint-fatal", `${stack}.rules.yaml`] as const),
      );
      assert.equal(exitCode, 0, output);
      assert.match(output, /SUCCESS: \d{2} rules found/);
    });

    it(`pass pint without a remark: ${stack}`, async () => {
      const { exitCode, output } = await inFolder(tools.pint, "--no-color", "--offline", "lint", `${stack}.rules.yaml`);
      assert.equal(exitCode, 0, output);
      assert.match(output, /entries=[1-9]\d/);
      assert.doesNotMatch(output, /Warning|Bug|Fatal|Information:/);
    });

    it(`become a configuration that Prometheus 3 takes, by the operator's generator: ${stack}`, async () => {
      const generated = await inFolder(tools.operatorConfig, "prometheus.yaml", `${stack}.monitor.yaml`);
      assert.equal(generated.exitCode, 0, generated.output);
      const text = generated.stdout.replaceAll("$(SHARD)", "0").replaceAll("$(POD_NAME)", "prometheus-watch-0");
      const config = parse(text) as {
        rule_files: string[];
        scrape_configs: { job_name: string; kubernetes_sd_configs: unknown[]; metric_relabel_configs: unknown[] }[];
      };
      assert.equal(config.scrape_configs.length, 1);
      const [job] = config.scrape_configs;
      assert.match(job?.job_name ?? "", /^podMonitor\/monitoring\/alloy\/0$/);
      assert.deepEqual([job?.kubernetes_sd_configs.length, job?.metric_relabel_configs.length], [1, 1]);
      await write(`${stack}.config.yaml`, { ...config, rule_files: [path.join(folder, `${stack}.rules.yaml`)] });
      const checked = await inFolder(tools.promtool, "check", "config", "--syntax-only", `${stack}.config.yaml`);
      assert.equal(checked.exitCode, 0, checked.output);
    });
  }

  it("are refused by the webhook, promtool and pint, as a test of this test, if an expression is cut off", async () => {
    const refusals = [
      await inFolder(tools.operatorConfig, "-validate", "broken.rule.yaml"),
      await inFolder(tools.promtool, "check", "rules", "broken.rules.yaml"),
      await inFolder(tools.pint, "--no-color", "--offline", "lint", "broken.rules.yaml"),
    ];
    for (const { exitCode, output } of refusals) {
      assert.notEqual(exitCode, 0, output);
      assert.match(output, /unclosed left parenthesis|unexpected end of input|parse error/i);
    }
  });
});

function object(kind: string, namespace: string, spec: unknown): unknown {
  return { apiVersion: "monitoring.coreos.com/v1", kind, metadata: { name: "alloy", namespace }, spec };
}
