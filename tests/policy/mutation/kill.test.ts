import assert from "node:assert/strict";

import { base, type Base } from "./bases";
import { mutations } from "./data";
import { count, formatTable, killTable, othersThan, type KillRow } from "./kill-table";
import { describeMutation, mutate, placeOf, type BaseName } from "./mutation";
import { podSecurityPods, ruleOf, rulesOfChecks } from "./pod-security";

const names: BaseName[] = [
  "production",
  "staging",
  "local",
  "network",
  "canary",
  "managed-cluster",
  "log-files",
  "foreign",
];

describe("mutations of the rendered stacks", () => {
  const bases = new Map<string, Base>();
  let rows: KillRow[] = [];
  let outside = 0;

  before(async () => {
    for (const name of names) bases.set(name, await base(name));
    const rules = new Set([...bases.values()].flatMap((one) => one.rules.map(({ name }) => name)));
    rows = killTable([...rules], mutations, bases);
  });

  after(() => console.log(`\n${formatTable(rows)}\n`));

  for (const name of names)
    it(`${name}, as it is rendered, passes with no violation at any level`, () => {
      const stack = bases.get(name);
      assert.ok(stack && stack.resources.length > 5);
      assert.deepEqual([...stack.judge(stack.resources)], []);
    });

  it("are at least three a rule, each in another place", () => {
    const few = rows.filter(({ total }) => total < 3).map(({ rule, total }) => `${rule}: ${total}`);
    assert.deepEqual(few, []);
    const crowded = rows.filter(
      ({ rule }) => new Set(mutations.filter((mutation) => mutation.rule === rule).map(placeOf)).size < 3,
    );
    assert.deepEqual(
      crowded.map(({ rule }) => rule),
      [],
    );
  });

  it("are refused, each by the rule that it is made for", () => {
    assert.deepEqual(
      rows.flatMap(({ rule, survivors }) => survivors.map((what) => `${rule}: ${what}`)),
      [],
    );
  });

  it("survive, at least one a rule, where that rule is deleted", () => {
    for (const { rule, needsRule } of rows) {
      assert.ok(needsRule, `other rules refuse everything that ${rule} refuses`);
      const { resources, rules, judge } = bases.get(needsRule.base) ?? assert.fail(needsRule.base);
      const others = othersThan(
        rule,
        rules.map(({ name }) => name),
      );
      const without = rules.filter(({ name }) => others.includes(name));
      assert.ok(without.length < rules.length && without.length > rules.length / 2);
      assert.deepEqual([...judge(mutate(resources, needsRule), without)], [], describeMutation(needsRule));
    }
  });

  describe("and the pods that Kubernetes itself refuses, unedited", () => {
    before(async () => {
      const { good, bad } = await podSecurityPods();
      const { judge } = bases.get("foreign") ?? assert.fail("no foreign base");
      const allowed = judge([good]);
      outside = bad.length;
      for (const one of bad) {
        const { name, pod } = one;
        const row = rows.find(({ rule }) => rule === ruleOf(one));
        assert.ok(row, `${ruleOf(one)} is no rule`);
        assert.ok(!allowed.has(row.rule), `${row.rule} refuses the pod that Kubernetes takes`);
        // They have no namespace, version or limits either: what the good pod is refused for does not count.
        const refusing = new Map([...judge([pod])].filter(([rule]) => !allowed.has(rule)));
        count(row, refusing, `k8s.io/pod-security-admission ${name}`);
      }
    });

    it("are refused, each by the rule for its check", () => {
      assert.deepEqual(
        rows.flatMap(({ rule, survivors }) => survivors.map((what) => `${rule}: ${what}`)),
        [],
      );
    });

    it("are at least half of all bad pods", () => {
      const own = mutations.filter(({ rule }) => Object.values(rulesOfChecks).includes(rule)).length;
      assert.ok(outside >= own, `${outside} from outside, ${own} written here`);
    });
  });
});
