import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { stringify } from "yaml";

import { dashboardOf, dashboardText } from "../../../dashboard/dashboard";
import type { Drawing } from "../../../dashboard/model";
import { repoRoot } from "../../../kit/repo-root";
import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { alertStacks } from "../stacks";

interface Ran {
  code: number;
  output: string;
}

const run = (command: string, args: readonly string[], cwd: string): Promise<Ran> =>
  new Promise((resolve) =>
    execFile(command, [...args], { cwd }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: `${error?.message ?? ""}${stdout}${stderr}` }),
    ),
  );

describe("the dashboard in others' eyes", function () {
  this.timeout(900_000);
  let folder = "";
  before(async () => (folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-dashboard-"))));
  after(() => fs.rm(folder, { recursive: true, force: true }));

  describe("of Prometheus", () => {
    for (const [stack, { settings, text }] of Object.entries(alertStacks))
      it(`has only queries that its parser takes: ${stack}`, async () => {
        const { promtool } = await ensureTools(["promtool"], (tool, said) => console.error(`${tool}: ${said}`));
        const queries = dashboardOf(settings, text)
          .panels.filter((panel): panel is Drawing => panel.type !== "row")
          .flatMap(({ targets }) => targets)
          .filter(({ datasource }) => datasource?.type === "prometheus")
          .map(({ expr }) => expr.replaceAll("$__rate_interval", "5m").replaceAll("$node", ".+"));
        assert.ok(queries.length > 40);
        const check = async (expressions: readonly string[]): Promise<Ran> => {
          const rules = expressions.map((expr, at) => ({ record: `panel:query:${at}`, expr }));
          await fs.writeFile(path.join(folder, "rules.yaml"), stringify({ groups: [{ name: "panels", rules }] }));
          return run(promtool.path, ["check", "rules", "--lint=none", "rules.yaml"], folder);
        };
        const { code, output } = await check(queries);
        assert.equal(code, 0, output);
        assert.match(output, new RegExp(`SUCCESS: ${queries.length} rules found`));
        assert.equal((await check([...queries, "sum by (node) (rate(up))"])).code, 1);
      });
  });

  describe("of Grafana's schema, as its SDK for Go reads it strictly", () => {
    let checker = "";
    const check = async (text: string): Promise<Ran> => {
      await fs.writeFile(path.join(folder, "dashboard.json"), text);
      return run(checker, ["dashboard.json"], folder);
    };

    before(async () => {
      checker = path.join(folder, "schema");
      const args = ["build", "-buildvcs=false", "-o", checker, "."];
      const built = await run("go", args, path.join(repoRoot, "tests", "dashboard", "schema"));
      assert.equal(
        built.code,
        0,
        `Go 1.24 or newer has to be on PATH, and the Go module proxy within reach: ${built.output}`,
      );
    });

    for (const [stack, { settings, text }] of Object.entries(alertStacks))
      it(`is a dashboard: ${stack}`, async () => {
        const { code, output } = await check(dashboardText(settings, text));
        assert.equal(code, 0, output);
        assert.match(output, /^\d{2} panels, \d{2} with fields$/m);
      });

    it("is refused, as a test of this test, with a field that no Grafana knows", async () => {
      const { settings, text } = alertStacks["files"] ?? assert.fail();
      const good = dashboardText(settings, text);
      for (const [from, to] of [
        ['"gridPos"', '"place"'],
        ['"unit"', '"units"'],
        ['"legendFormat"', '"legend"'],
        ['"editable"', '"editible"'],
      ] as const) {
        const { code, output } = await check(good.replaceAll(from, to));
        assert.equal(code, 1, from);
        assert.ok(output.includes(to.replaceAll('"', "")), output);
      }
    });
  });
});
