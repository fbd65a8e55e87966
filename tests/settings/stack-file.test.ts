import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { formatProblems, UserError, type Problem } from "../../kit/user-error";
import { parseSettings, stackFile } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";
import { stackValueAt } from "../../settings/stack-file-values";
import { syncStackText } from "../../terraform/write-back";

function problemsOf(read: () => unknown): readonly Problem[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

describe("a stack's file", () => {
  let dir: string;
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-stack-file-"));
    fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: alloy\n");
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  const write = (text: string) => fs.writeFileSync(path.join(dir, "Pulumi.t.yaml"), text);
  const read = (stack = "t") => readStackFile(stack, dir);

  describe("a key that is there twice", () => {
    for (const [what, lines, key] of [
      ["with and without the prefix", "  lokiTenant: a\n  alloy:lokiTenant: b\n", "alloy:lokiTenant"],
      ["although both have the same value", "  alloy:logLevel: debug\n  logLevel: debug\n", "alloy:logLevel"],
      ["as an object", "  wal: { disk: 2Gi }\n  alloy:wal:\n    disk: 3Gi\n", "alloy:wal"],
      ["in the old form of Pulumi 0.x", "  alloy:config:lokiTenant: a\n  alloy:lokiTenant: b\n", "alloy:lokiTenant"],
      ["through a merge key", "  <<: { lokiTenant: a }\n  alloy:lokiTenant: b\n", "alloy:lokiTenant"],
    ] as const)
      it(`is refused: ${what}`, () => {
        write(`config:\n${lines}`);
        const [only, ...more] = problemsOf(read);
        assert.deepEqual(more, []);
        assert.deepEqual([only?.file, only?.key], ["Pulumi.t.yaml", key]);
        assert.match(only?.problem ?? "", /^is there twice, as .+ and as .+: Pulumi uses either of them$/);
        assert.match(only?.remedy ?? "", new RegExp(`^keep ${key} `));
      });

    it("is refused in Pulumi.yaml, too, and all of them at once", () => {
      const lines = "  a: { default: 1 }\n  alloy:a: { default: 2 }\n  b: { default: 1 }\n  alloy:b: { default: 1 }\n";
      fs.writeFileSync(path.join(dir, "Pulumi.yaml"), `name: alloy\nconfig:\n${lines}`);
      write("config: {}\n");
      const problems = problemsOf(read);
      assert.deepEqual(
        problems.map(({ file, key }) => [file, key]),
        [
          ["Pulumi.yaml", "alloy:a"],
          ["Pulumi.yaml", "alloy:b"],
        ],
      );
    });

    it("is none: a default of Pulumi.yaml that the stack's file changes, and the same name of somebody else", () => {
      fs.writeFileSync(path.join(dir, "Pulumi.yaml"), "name: alloy\nconfig:\n  alloy:logLevel: { default: info }\n");
      write("config:\n  logLevel: debug\n  other:logLevel: warn\n");
      assert.deepEqual(read().config, { "alloy:logLevel": "debug", "other:logLevel": "warn" });
    });

    it("is refused in its old form alone, which the engine would take", () => {
      write("config:\n  alloy:config:lokiTenant: a\n");
      const [only] = problemsOf(read);
      assert.match(only?.problem ?? "", /old form of alloy:lokiTenant/);
    });
  });

  describe("a key at the top", () => {
    for (const [what, text, key, remedy] of [
      ["a misspelt `config`", "confg:\n  alloy:lokiTenant: a\n", "confg", /did you mean config\?/],
      ["a setting without its prefix", "config: {}\nlokiTenant: a\n", "lokiTenant", /under `config:`/],
      ["a setting", "config: {}\nalloy:lokiTenant: a\n", "alloy:lokiTenant", /under `config:`/],
      ["an anchor's holder", "base: &b { cpu: 1 }\nconfig: {}\n", "base", /x-base/],
    ] as const)
      it(`is refused: ${what}`, () => {
        write(text);
        const [only, ...more] = problemsOf(read);
        assert.deepEqual(more, []);
        assert.equal(only?.key, key);
        assert.match(only.remedy, remedy);
      });

    it("may be one of Pulumi's own, or hold anchors as x-…", () => {
      write(
        "x-base: &b a\nsecretsprovider: s\nencryptedkey: k\nencryptionsalt: v1:x\nconfig:\n  alloy:lokiTenant: *b\n",
      );
      assert.deepEqual(read().config, { "alloy:lokiTenant": "a" });
    });
  });

  // Compared with what `pulumi config --json` of Pulumi 3.259 prints for these lines.
  describe("anchors and merge keys", () => {
    const text = [
      "x-base: &base { alloy:logLevel: debug, lokiTenant: base }",
      "config:",
      "  <<: *base",
      "  alloy:clusterName: c",
      "  alloy:resources: &r",
      "    requests: &q { cpu: 100m, memory: 256Mi }",
      "    limits: { cpu: 500m, memory: 512Mi }",
      "  alloy:canary:",
      "    enabled: false",
      "    resources:",
      "      <<: *r",
      "      limits: { cpu: 1 }",
      "  alloy:other: *r",
      "  alloy:list:",
      "    <<: [{ a: 1 }, { a: 2, b: 3 }]",
      "",
    ].join("\n");

    it("are read as the engine reads them", () => {
      write(text);
      const { config } = read();
      const resources = { limits: { cpu: "500m", memory: "512Mi" }, requests: { cpu: "100m", memory: "256Mi" } };
      assert.deepEqual(JSON.parse(config["alloy:canary"] ?? ""), {
        enabled: false,
        resources: { limits: { cpu: 1 }, requests: resources.requests },
      });
      assert.deepEqual(JSON.parse(config["alloy:other"] ?? ""), resources);
      assert.equal(config["alloy:list"], '{"a":1,"b":3}');
      assert.deepEqual([config["alloy:logLevel"], config["alloy:lokiTenant"]], ["debug", "base"]);
    });

    for (const [setting, value, line] of [
      ["logLevel", "debug", 1],
      ["lokiTenant", "base", 1],
      ["clusterName", "c", 4],
      ["canary.resources.requests.cpu", "100m", 6],
      ["canary.resources.limits.cpu", 1, 12],
      ["other.limits.memory", "512Mi", 7],
      ["list.b", 3, 15],
    ] as const)
      it(`say on which line ${setting} stands`, () => {
        const found = stackValueAt(text, setting.split("."));
        assert.deepEqual([found?.value, found?.line, found?.encrypted], [value, line, false]);
      });

    it("hide no encrypted value", () => {
      const secret = "x: &s { secure: v1:abc }\nconfig:\n  alloy:lokiTenant: *s\n  alloy:vault: { <<: { path: *s } }\n";
      assert.equal(stackValueAt(secret, ["lokiTenant"])?.encrypted, true);
      assert.equal(stackValueAt(secret, ["vault", "path"])?.encrypted, true);
      write(secret.replace("x:", "x-s:"));
      assert.deepEqual([...read().secretKeys], ["alloy:lokiTenant", "alloy:vault"]);
    });

    for (const [setting, value] of [
      ["lokiTenant", "other"],
      ["resources.requests.cpu", "1"],
      ["canary.resources.requests.cpu", "1"],
      ["other.limits.memory", "1Gi"],
      ["other.limits.new", "1"],
    ] as const)
      it(`are not written through: ${setting}`, () => {
        assert.throws(
          () => syncStackText(text, [{ setting: setting.split("."), value }], "f"),
          /shares its value with other keys \((the anchor &\w+|the merge key <<)\)[^]*nothing was written|nothing was written[^]*shares/,
        );
      });

    it("leave other keys to be written", () => {
      const after = syncStackText(text, [{ setting: ["canary", "resources", "limits", "cpu"], value: 2 }], "f");
      assert.equal(after, text.replace("limits: { cpu: 1 }", "limits: { cpu: 2 }"));
    });

    it("are refused where an anchor is missing or multiplies without end", () => {
      write("config:\n  alloy:lokiTenant: *nobody\n");
      assert.match(problemsOf(read)[0]?.problem ?? "", /is not YAML.*nobody/);
      const levels = Array.from({ length: 9 }, (_, at) => `  l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}]`);
      write(`config:\n  l0: &l0 [x]\n${levels.join("\n")}\n`);
      assert.match(problemsOf(read)[0]?.problem ?? "", /is not YAML.*alias/i);
    });
  });

  describe("with Pulumi ESC", () => {
    const settings = () => {
      const { config, file, secretKeys, environments } = read();
      return parseSettings(config, file, secretKeys, environments);
    };

    for (const [what, environment, names] of [
      ["a list", "[platform/production]", ["platform/production"]],
      ["options of one", "[a/b, { c/d: { merge: false } }]", ["a/b", "c/d"]],
      ["an environment in the file", "{ imports: [a/b], values: {} }", ["a/b", "the environment in this file"]],
      ["nothing", "", []],
    ] as const)
      it(`names its environments: ${what}`, () => {
        write(`environment: ${environment}\nconfig:\n  alloy:lokiTenant: t1\n`);
        assert.deepEqual(read().environments, names);
      });

    it("does not call missing what may be there, and says what to do", () => {
      write("environment:\n  - platform/production\nconfig:\n  alloy:lokiTenant: t1\n");
      const problems = problemsOf(settings);
      assert.deepEqual(
        problems.map(({ key }) => key),
        ["alloy:clusterName", "alloy:environment"],
      );
      for (const { problem, remedy } of problems) {
        assert.match(problem, /may come from platform\/production \(Pulumi ESC\), which only the engine can read/);
        assert.match(remedy, /in this file, too/);
      }
    });

    it("keeps every other problem as it is", () => {
      write("environment: [a/b]\nconfig:\n  alloy:logLevel: loud\n");
      assert.match(formatProblems(problemsOf(settings)), /"loud" is not one of its values/);
    });

    it("is enough as a file without config", () => {
      write("environment: [a/b]\n");
      assert.deepEqual(read().config, {});
    });

    it("is refused as text, which is no list", () => {
      write("environment: a/b\nconfig: {}\n");
      assert.match(problemsOf(read)[0]?.problem ?? "", /not a list of environments/);
    });
  });

  describe("of a stack with an organisation", () => {
    beforeEach(() => write("config:\n  alloy:lokiTenant: t1\n"));

    for (const stack of ["t", "acme/t", "acme/alloy/t"])
      it(`is found: ${stack}`, () => {
        const { config, file } = read(stack);
        assert.deepEqual(
          [config["alloy:lokiTenant"], file, stackFile(stack)],
          ["t1", "Pulumi.t.yaml", "Pulumi.t.yaml"],
        );
      });

    it("is named as it is, if it is not there", () => {
      const [only] = problemsOf(() => read("acme/staging"));
      assert.deepEqual([only?.file, only?.problem], ["Pulumi.staging.yaml", 'there is no stack "staging"']);
      assert.match(only?.remedy ?? "", /^use one of t, or write Pulumi\.staging\.yaml$/);
    });

    it("is not another project's", () => {
      assert.match(problemsOf(() => read("acme/shop/t"))[0]?.problem ?? "", /is a stack of project shop/);
    });

    for (const stack of ["../t", "a/b/c/t", "acme/", "/t", "acme//t", ""])
      it(`is not found by ${JSON.stringify(stack)}`, () => {
        assert.match(problemsOf(() => read(stack))[0]?.problem ?? "", /there is no stack/);
      });
  });
});
