import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import type { Resource } from "../../policy/rule";
import { genericRules } from "../../policy/rules";
import { alloyRules } from "../../policy/rules/alloy";
import { happyPod, password, pipeline, settings } from "./happy";
import type { RuleSpec } from "./spec";
import { alloySpecs } from "./specs/alloy";
import { canarySpecs } from "./specs/canary";
import { closedWorldSpecs } from "./specs/closed-world";
import { collectorPodSpecs } from "./specs/collector-pod";
import { containerSpecs } from "./specs/containers";
import { grantedSpecs } from "./specs/granted";
import { morePodSpecs } from "./specs/more-pods";
import { networkSpecs } from "./specs/network";
import { otherSpecs } from "./specs/others";
import { podMonitorSpecs } from "./specs/pod-monitor";
import { podSpecs } from "./specs/pods";
import { rbacSpecs } from "./specs/rbac";
import { reachSpecs } from "./specs/reach";
import { everyPath, run, steps, unknownText, withField } from "./support";

const specs: RuleSpec[] = [
  ...rbacSpecs,
  ...podSpecs,
  ...containerSpecs,
  ...otherSpecs,
  ...alloySpecs,
  ...podMonitorSpecs,
  ...grantedSpecs,
  ...collectorPodSpecs,
  ...networkSpecs,
  ...canarySpecs,
  ...reachSpecs,
  ...morePodSpecs,
  ...closedWorldSpecs,
];

const positions = [
  "containers[0]",
  "containers[1]",
  "initContainers[0]",
  "initContainers[1]",
  "ephemeralContainers[0]",
];

// Rules whose resources have no field that could be wrong: they look at type, provider and options. Tests of their own.
const otherwiseTested: Record<string, { file: string; says: string }> = {
  "kubernetes-patch": { file: "kinds.test.ts", says: "run(kubernetesPatch, bad(type, {})).violations.length, 1" },
  "provider-explicit": { file: "kinds.test.ts", says: 'run(providerExplicit, by("default")).violations.length, 1' },
  "package-allowed": { file: "kinds.test.ts", says: "run(packageAllowed, of(type)).violations.join()" },
  "alloy-resources": { file: "closed-world.test.ts", says: "refusing([...stack, other])" },
  "alloy-complete": { file: "closed-world.test.ts", says: "refusing(stack.filter(" },
  "alloy-namespace-protected": { file: "kinds.test.ts", says: "run(namespaceProtected, open).violations" },
};

// The same rules read no property that could be unknown; and what secret-elsewhere does with one is its own decision.
const otherwiseUnknown: typeof otherwiseTested = {
  ...otherwiseTested,
  "secret-elsewhere": { file: "specs/others.ts", says: '{ field: "metadata.uid", set: unknownText }' },
};

// Kinds of value that a field may hold although no API takes them.
const wrongTypes: unknown[] = [null, "wrong", [7], { wrong: 7 }];

for (const spec of specs) {
  const { rule, options } = spec;
  const happy = (): Resource[] => [spec.happy()].flat();
  /** The happy resources, one field of the first changed. */
  const changed = (field: string, set: unknown): Resource[] => {
    const [first, ...rest] = happy();
    assert.ok(first);
    return [withField(first, field, set), ...rest];
  };

  describe(`${rule.name} (${happy()[0]?.type})`, () => {
    it("passes what is right", () => {
      assert.deepEqual(run(rule, happy(), options), { violations: [], unknown: [] });
    });

    for (const { field, set, says, options: own } of spec.failures) {
      it(`refuses ${field} ${set === undefined ? "missing" : JSON.stringify(set).slice(0, 60)}`, () => {
        const { violations } = run(rule, changed(field, set), own ?? options);
        const [violation] = violations.filter((message) => message.includes(says ?? field));
        assert.ok(violation, `nothing about ${says ?? field} in ${JSON.stringify(violations)}`);
        assert.match(violation, /^(\w+ "[^"]+"|The stack)/, "names the resource");
        assert.match(violation, /\n→ \S/, "says what to do");
        assert.ok(!violations.some((message) => message.includes(password)), "no value in a message");
      });
    }

    for (const { field, set, ephemeral = true } of spec.inContainers ?? []) {
      for (const position of positions.filter((one) => ephemeral || !one.startsWith("ephemeral"))) {
        it(`refuses ${field} ${set === undefined ? "missing" : "wrong"} in ${position}`, () => {
          const { violations } = run(rule, withField(happyPod(), `spec.${position}.${field}`, set), options);
          assert.equal(violations.length, 1, JSON.stringify(violations));
          assert.ok(violations[0]?.includes(`spec.${position}.${field}`), violations[0]);
        });
      }
    }

    for (const { field, set, options: own } of spec.passes ?? []) {
      it(`takes ${field} ${set === undefined ? "missing" : JSON.stringify(set).slice(0, 60)}`, () => {
        const { violations } = run(rule, changed(field, set), own ?? options);
        const about = violations.filter((message) => message.includes(`: ${field}`));
        assert.deepEqual(about, [], "about the field itself");
      });
    }

    for (const field of spec.unknown) {
      it(`does not pass in silence with ${field} unknown`, () => {
        const resources = changed(field, unknownText);
        const reported = run(rule, resources, options);
        const refused = run(rule, resources, { ...options, unknown: "refuse" });
        assert.ok(
          reported.unknown.length > 0 || reported.violations.some((message) => message.includes("not known")),
          `reported: ${JSON.stringify(reported)}`,
        );
        assert.ok(
          refused.violations.some((message) => message.includes("not known before the update")),
          `refused: ${JSON.stringify(refused)}`,
        );
        assert.deepEqual(refused.unknown, []);
      });
    }

    it("does not throw on a value of a wrong kind anywhere, nor on a missing one", function () {
      this.timeout(30_000);
      const [first, ...rest] = happy();
      assert.ok(first);
      for (const path of everyPath(first.props)) {
        for (const wrong of [undefined, ...wrongTypes])
          assert.doesNotThrow(() => run(rule, [withField(first, path, wrong), ...rest], options), path);
      }
      assert.doesNotThrow(() => run(rule, [{ ...first, props: {} }, ...rest], options));
    });

    it("does not throw where anything is unknown", function () {
      this.timeout(30_000);
      const [first, ...rest] = happy();
      assert.ok(first);
      for (const path of everyPath(first.props))
        assert.doesNotThrow(() => run(rule, [withField(first, path, unknownText), ...rest], options), path);
    });
  });
}

describe("the specs of rules", () => {
  const covered = new Map<string, { ways: number; unknown: number; passes: number }>();
  for (const { rule, failures, inContainers = [], unknown, passes = [] } of specs) {
    const before = covered.get(rule.name) ?? { ways: 0, unknown: 0, passes: 0 };
    covered.set(rule.name, {
      ways: before.ways + failures.length + inContainers.length * positions.length,
      unknown: before.unknown + unknown.length,
      passes: before.passes + passes.length,
    });
  }

  for (const { name } of [...genericRules, ...alloyRules(settings, pipeline)]) {
    const { ways = 0, unknown = 0, passes = 0 } = covered.get(name) ?? {};
    if (!(name in otherwiseTested)) {
      it(`break ${name} in at least three ways`, () => assert.ok(ways >= 3, `${ways} ways`));
      it(`show what ${name} takes beside what is right`, () => assert.ok(passes > 0));
    }
    if (!(name in otherwiseUnknown)) it(`feed ${name} values that are not known`, () => assert.ok(unknown > 0));
  }

  it("excuse no rule without a test elsewhere", () => {
    for (const [name, { file, says }] of Object.entries({ ...otherwiseTested, ...otherwiseUnknown })) {
      const text = fs.readFileSync(path.join(__dirname, file), "utf8");
      assert.ok(text.includes(says), `${name}: ${file} does not hold ${says}`);
    }
  });

  it("are there for every rule in policy/rules, and each of those is on", () => {
    const on = new Set([...genericRules, ...alloyRules(settings, pipeline)].map(({ name }) => name));
    const folder = path.join(__dirname, "../../policy/rules");
    for (const file of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const text = fs.readFileSync(path.join(folder, file), "utf8");
      // Every rule says how bad it is at its head; what has no such line is read by rules.
      const name = text.includes(" * @severity ") ? /^ +name: "([a-z-]+)",$/m.exec(text)?.[1] : undefined;
      if (name !== undefined) assert.ok(on.has(name), `${name} (policy/rules/${file}) is in no list of rules`);
    }
  });

  it("read paths as they are written", () => {
    assert.deepEqual(steps('a.b[0]["c.d/e"].f'), ["a", "b", 0, "c.d/e", "f"]);
  });
});
