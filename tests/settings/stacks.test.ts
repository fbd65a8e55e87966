import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { UserError, type Problem } from "../../kit/user-error";
import { parseSettings } from "../../settings/parse-settings";
import { settingsSchema } from "../../settings/schema";
import { encrypted, readStackConfig, readStackFile, stacksIn } from "../../settings/stack-file";

const root = path.resolve(__dirname, "../..");

function problemOf(read: () => unknown): Problem {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.problems.length, 1);
    return error.problems[0] ?? assert.fail();
  }
  return assert.fail("nothing was refused");
}

describe("the stacks of this repository", () => {
  const load = (stack: string) => {
    const { config, file, secretKeys } = readStackFile(stack, root);
    return parseSettings(config, file, secretKeys);
  };

  it("are production, staging and local at least, and each is valid", () => {
    const stacks = stacksIn(root);
    for (const stack of ["production", "staging", "local"]) assert.equal(load(stack).environment, stack);
    assert.ok(stacks.map((stack) => load(stack)).length >= 3);
  });

  it("use Vault in production and local, and nothing in staging", () => {
    assert.deepEqual(
      ["production", "local", "staging"].map((stack) => load(stack).credentials.mode),
      ["secret", "secret", "none"],
    );
    assert.equal(load("production").credentials.seed, false);
  });

  it("hold no encrypted value and no salt: what is secret lies in Vault", () => {
    for (const stack of stacksIn(root)) {
      assert.equal(readStackFile(stack, root).secretKeys.size, 0);
      assert.doesNotMatch(fs.readFileSync(path.join(root, `Pulumi.${stack}.yaml`), "utf8"), /encryptionsalt|secure:/);
    }
  });
});

describe("Pulumi.yaml", () => {
  const project = parse(fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8")) as {
    name: string;
    config: Record<string, { description?: string; default?: unknown }>;
  };
  const declared = Object.fromEntries(
    Object.entries(project.config).flatMap(([key, value]) => (key.startsWith("alloy:") ? [[key.slice(6), value]] : [])),
  );
  const minimal = { clusterName: "c", lokiTenant: "t", environment: "local" };

  it("declares every key that has a default, with a description, and no other", () => {
    const withDefault = Object.keys(settingsSchema.shape).filter((key) => key in settingsSchema.parse(minimal));
    assert.deepEqual(Object.keys(declared).sort(), withDefault.filter((key) => !(key in minimal)).sort());
    for (const [key, { description }] of Object.entries(declared)) assert.ok(description, key);
  });

  it("has the schema's defaults", () => {
    const defaults = Object.fromEntries(Object.entries(declared).map(([key, value]) => [key, value.default]));
    assert.deepEqual(settingsSchema.parse({ ...minimal, ...defaults }), settingsSchema.parse(minimal));
    for (const [key, value] of Object.entries(settingsSchema.parse(minimal)))
      if (typeof value === "string" && !(key in minimal)) assert.equal(defaults[key], value);
  });

  it("switches default providers off", () => {
    assert.equal(readStackConfig("staging", root)["pulumi:disable-default-providers"], '["*"]');
  });
});

describe("readStackFile", () => {
  let dir: string;
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-stack-file-"));
    fs.writeFileSync(
      path.join(dir, "Pulumi.yaml"),
      [
        "name: alloy",
        "config:",
        '  pulumi:disable-default-providers: { value: ["*"] }',
        "  alloy:logLevel: { description: x, default: info }",
        "  nodeSelector: { default: '.*' }",
        "  alloy:wal: { default: {} }",
      ].join("\n"),
    );
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));
  const write = (...lines: string[]) =>
    fs.writeFileSync(path.join(dir, "Pulumi.t.yaml"), ["config:", ...lines].join("\n"));

  // Recorded: what pulumi 3.259 handed to the program for these lines.
  it("gives what the engine gives", () => {
    write(
      "  alloy:clusterName: 123",
      "  lokiTenant: x",
      '  alloy:wal: { logs: "true", prepare: on, f: 1.50, nul: , exp: 1e3, yes: yes, t: ~, b: true }',
      "  alloy:logs: false",
      "  alloy:vault:",
      "  alloy:metrics: {}",
      "  alloy:num: 1.0",
      "  kubernetes:context: x",
    );
    assert.deepEqual(readStackFile("t", dir).config, {
      "alloy:clusterName": "123",
      "alloy:lokiTenant": "x",
      "alloy:logLevel": "info",
      "alloy:nodeSelector": ".*",
      "alloy:logs": "false",
      "alloy:metrics": "{}",
      "alloy:num": "1",
      "alloy:vault": "",
      "alloy:wal": '{"b":true,"exp":1000,"f":1.5,"logs":"true","nul":null,"prepare":"on","t":null,"yes":"yes"}',
      "kubernetes:context": "x",
      "pulumi:disable-default-providers": '["*"]',
    });
  });

  it("marks what is encrypted, at any depth", () => {
    write(
      "  alloy:lokiUrl: { secure: v1:abc }",
      "  alloy:vault:",
      "    address: http://v",
      "    list: [{ secure: v1:def }]",
    );
    const { config, secretKeys, file } = readStackFile("t", dir);
    assert.deepEqual([...secretKeys], ["alloy:lokiUrl", "alloy:vault"]);
    assert.equal(config["alloy:lokiUrl"], encrypted);
    assert.equal(config["alloy:vault"], JSON.stringify({ address: "http://v", list: [encrypted] }));
    assert.equal(file, "Pulumi.t.yaml");
  });

  it("names the stacks there are when one is asked for that is not", () => {
    write("  alloy:clusterName: a");
    const { file, problem, remedy } = problemOf(() => readStackFile("prodution", dir));
    assert.equal(file, "Pulumi.prodution.yaml");
    assert.match(problem, /no stack "prodution"/);
    assert.match(remedy, /use one of t,/);
    assert.match(problemOf(() => readStackFile("../t", dir)).problem, /no stack/);
  });

  it("refuses a setting outside `config:`, which the engine passes over without a word", () => {
    write("  alloy:lokiTenant: a", "alloy:clusterName: b");
    const { file, key, problem } = problemOf(() => readStackFile("t", dir));
    assert.deepEqual([file, key, problem], ["Pulumi.t.yaml", "alloy:clusterName", "is outside `config:`"]);
  });

  it("names file and line of what is no YAML", () => {
    write("  alloy:clusterName: [a");
    const { file, problem } = problemOf(() => readStackFile("t", dir));
    assert.equal(file, "Pulumi.t.yaml");
    assert.match(problem, /line \d/);
  });
});
