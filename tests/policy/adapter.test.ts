import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { toPolicy } from "../../policy/adapter";
import { levelOf } from "../../policy/levels";
import { isStackRule, type Rule } from "../../policy/rule";
import { genericRules } from "../../policy/rules";
import { alloyRuleConfig, alloyRules } from "../../policy/rules/alloy";
import { needs, pipeline, settings } from "./happy";
import { resource, run, unknownText, withField } from "./support";

const rules: Rule[] = [...genericRules, ...alloyRules(settings, pipeline)];
// Warnings: what they name is somebody else's bug, and a stack may have to live with it.
const advisory = ["alloy-known-bugs"];
const environments = ["production", "staging", "local", "other"] as const;

const facts = { description: "A.", severity: "low", remediation: "Do.", url: "https://example.com" } as const;

const onColour: Rule = {
  ...facts,
  name: "colour",
  defaults: { allowed: "red" },
  checks: [
    (one, report, config) => {
      if (one.props["colour"] !== config["allowed"]) report.violation("colour", "is wrong");
    },
    (one, report) => {
      if (one.props["size"] === 0) report.violation("size", "is wrong", "Grow.");
    },
  ],
};

const onStack: Rule = {
  ...facts,
  name: "stack",
  stackCheck: (resources, reportOn) => {
    for (const one of resources) if (one.props["colour"] !== "red") reportOn(one).violation("colour", "is wrong");
  },
};

describe("the adapter", () => {
  const thing = resource("test:index:Thing", "thing", { colour: "red", size: 1 });

  it("names resource, field, problem and remedy", () => {
    const { violations } = run(onColour, withField(thing, "colour", "blue"));
    assert.deepEqual(violations, ['test:index:Thing "thing": colour is wrong\n→ Do.']);
    assert.deepEqual(run(onColour, withField(thing, "size", 0)).violations, [
      'test:index:Thing "thing": size is wrong\n→ Grow.',
    ]);
  });

  it("takes the user's configuration before the stack's, and that before the default", () => {
    const blue = withField(thing, "colour", "blue");
    assert.equal(run(onColour, blue).violations.length, 1);
    assert.equal(run(onColour, blue, { stackConfig: { allowed: "blue" } }).violations.length, 0);
    assert.equal(
      run(onColour, thing, { stackConfig: { allowed: "blue" }, config: { allowed: "red" } }).violations.length,
      0,
    );
  });

  it("looks at the other families where one is unknown", () => {
    const half = withField(withField(thing, "colour", unknownText), "size", 0);
    const reported = run(onColour, half);
    assert.deepEqual(
      reported.violations.map((message) => message.split(": ")[1]),
      ["size is wrong\n→ Grow."],
    );
    assert.match(reported.unknown.join(), /colour/);
  });

  it("makes an unknown value a violation where the pack says so, and the user's configuration can soften it", () => {
    const unknown = withField(thing, "colour", unknownText);
    assert.match(
      run(onColour, unknown, { unknown: "refuse" }).violations.join(),
      /not known before the update.*colour/,
    );
    const softened = run(onColour, unknown, { unknown: "refuse", config: { unknown: "report" } });
    assert.deepEqual(softened.violations, []);
    assert.equal(softened.unknown.length, 1);
    assert.equal(run(onColour, unknown, { config: { unknown: "refuse" } }).violations.length, 1);
  });

  it("refuses an unknown value in a check of the stack, which an update runs too late", () => {
    const unknown = withField(thing, "colour", unknownText);
    assert.match(run(onStack, unknown).violations.join(), /not known before the update/);
    assert.equal(run(onStack, unknown, { config: { unknown: "report" } }).unknown.length, 1);
  });

  it("lets an error that is a bug through", () => {
    const broken: Rule = { ...facts, name: "broken", checks: [() => assert.fail("a bug")] };
    assert.throws(() => run(broken, thing), /a bug/);
  });
});

describe("every rule", () => {
  it("has a name of its own, in kebab-case", () => {
    const names = rules.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z]+(-[a-z]+)+$/);
  });

  for (const rule of rules) {
    it(`${rule.name} says what, why and what to do`, () => {
      assert.match(rule.description, /^[A-Z].*\.$/s);
      assert.match(rule.remediation, /^[A-Z].*[.:]?.*\.$/s);
      assert.match(rule.url, /^https:\/\//);
      assert.ok(isStackRule(rule) || rule.checks.length > 0);
    });

    it(`${rule.name} declares what may be configured`, () => {
      const declared = Object.keys(rule.configSchema?.properties ?? {});
      for (const key of Object.keys(rule.defaults ?? {})) assert.ok(declared.includes(key), key);
      for (const property of Object.values(rule.configSchema?.properties ?? {})) assert.ok(property.description);
      const policy = toPolicy(rule, { environment: "local", stackConfig: {}, unknown: "report" });
      assert.ok(policy.configSchema?.properties["unknown"]);
    });

    it(`${rule.name} is mandatory everywhere, or says where not`, () => {
      for (const environment of environments) {
        const level = levelOf(rule, environment);
        assert.ok(level === "mandatory" || rule.enforcement?.[environment] === level);
      }
      assert.equal(levelOf(rule, "production"), advisory.includes(rule.name) ? "advisory" : "mandatory");
    });
  }

  it("is configured by the stack under a name that exists", () => {
    const names = rules.map(({ name }) => name);
    for (const name of Object.keys(alloyRuleConfig(settings, needs))) assert.ok(names.includes(name), name);
  });

  it("has a file whose header gives severity and link", () => {
    const folder = path.join(__dirname, "../../policy/rules");
    const files = [folder, path.join(folder, "alloy")].flatMap((one) =>
      fs
        .readdirSync(one)
        .filter((name) => name.endsWith(".ts"))
        .map((name) => fs.readFileSync(path.join(one, name), "utf8")),
    );
    for (const rule of rules) {
      const file = files.find((source) => source.includes(`name: "${rule.name}"`));
      assert.ok(file, rule.name);
      assert.ok(file.startsWith(`/**\n * @severity ${rule.severity}\n * @link https://`), rule.name);
    }
  });
});
