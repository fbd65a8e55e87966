import assert from "node:assert/strict";

import { toPolicy } from "../../policy/adapter";
import { loweredRules } from "../../policy/announce";
import { UsedExceptions, exceptionsPolicy } from "../../policy/exempted";
import { containerPrivileged } from "../../policy/rules/container-privileged";
import { podTokenAutomount } from "../../policy/rules/pod-token-automount";
import type { RuleConfig } from "../../policy/rule";
import { happyPod } from "./happy";
import { resource, run, unknownText, withField } from "./support";

const bad = withField(happyPod(), "spec.containers[0].securityContext.privileged", true);
const entry = { kind: "Pod", namespace: "team", name: "app", reason: "it formats the node's disks" };
const except = (...entries: unknown[]): { config: RuleConfig } => ({ config: { except: entries } });

describe("an exception", () => {
  it("lets the one object that it names break the one rule", () => {
    assert.equal(run(containerPrivileged, bad).violations.length, 1);
    assert.deepEqual(run(containerPrivileged, bad, except(entry)).violations, []);
  });

  for (const [what, changed] of [
    ["another name", { ...entry, name: "other" }],
    ["another namespace", { ...entry, namespace: "other" }],
    ["no namespace", { ...entry, namespace: undefined }],
    ["another kind", { ...entry, kind: "Deployment" }],
    ["no reason", { ...entry, reason: "" }],
    ["a reason that says nothing", { ...entry, reason: "ok" }],
    ["every name", { ...entry, name: "*" }],
  ] as const)
    it(`with ${what} lets nothing through`, () => {
      assert.equal(run(containerPrivileged, bad, except(changed)).violations.length, 1);
    });

  it("takes a star for letters of a name", () => {
    for (const name of ["a*", "*pp", "a*p"])
      assert.deepEqual(run(containerPrivileged, bad, except({ ...entry, name })).violations, [], name);
    assert.equal(run(containerPrivileged, bad, except({ ...entry, name: "a*x" })).violations.length, 1);
  });

  it("holds for a rule about the stack too", () => {
    assert.equal(run(podTokenAutomount, bad).violations.length, 1);
    assert.deepEqual(run(podTokenAutomount, bad, except(entry)).violations, []);
  });

  it("names an item of a List, and covers none of its neighbours", () => {
    const pod = (name: string): unknown => ({ ...bad.props, metadata: { name, namespace: "team" } });
    const list = resource("kubernetes:core/v1:PodList", "pods", { items: [pod("app"), pod("other"), pod("app-2")] });
    const said = (...entries: unknown[]): string[] => run(containerPrivileged, list, except(...entries)).violations;
    assert.equal(said().length, 3);
    const left = said(entry);
    assert.deepEqual(
      left.map((message) => /items\[\d\]/.exec(message)?.[0]),
      ["items[1]", "items[2]"],
    );
    assert.equal(said({ ...entry, name: "app*" }).length, 1);
    assert.equal(said({ ...entry, namespace: "other" }).length, 3);
    assert.equal(said({ ...entry, kind: "PodList" }).length, 3, "the list has another name");
    assert.deepEqual(said({ kind: "PodList", name: "pods", reason: entry.reason }), []);
  });

  it("of an item is printed as that item's, each by itself", () => {
    const used = new UsedExceptions();
    const policy = toPolicy(containerPrivileged, { environment: "other", stackConfig: {}, unknown: "report", used });
    const item = (name: string): unknown => ({ ...bad.props, metadata: { name, namespace: "team" } });
    const list = resource("kubernetes:core/v1:PodList", "pods", { items: [item("app"), item("other")] });
    assert.ok("validateResource" in policy && typeof policy.validateResource === "function");
    const args = { ...list, getConfig: () => ({ except: [entry, { ...entry, name: "other" }] }) };
    void policy.validateResource(args as never, () => assert.fail("both are exempt"));
    assert.deepEqual(
      used.take().map(({ resource }) => resource),
      ['Pod "app" in PodList "pods"', 'Pod "other" in PodList "pods"'],
    );
  });

  it("reaches no item without a name, and none whose name is not known yet", () => {
    for (const name of [undefined, unknownText]) {
      const item = { ...bad.props, metadata: { name, namespace: "team" } };
      const list = resource("kubernetes:core/v1:PodList", "pods", { items: [item] });
      assert.equal(run(containerPrivileged, list, except({ ...entry, name: "a*" })).violations.length, 1);
    }
  });

  it("is printed at each run, once, with its reason, where it was needed", () => {
    const used = new UsedExceptions();
    const policy = toPolicy(containerPrivileged, { environment: "other", stackConfig: {}, unknown: "report", used });
    const judge = (resource: typeof bad): void => {
      assert.ok("validateResource" in policy && typeof policy.validateResource === "function");
      const args = { ...resource, getConfig: () => ({ except: [entry] }) };
      void policy.validateResource(args as never, () => assert.fail("it is exempt"));
    };
    const printed = (): string[] => {
      const said: string[] = [];
      void exceptionsPolicy(used).validateStack({} as never, (message: string) => void said.push(message));
      return said;
    };
    judge(happyPod());
    assert.deepEqual(printed(), [], "nothing was wrong with it");
    judge(bad);
    judge(bad);
    assert.deepEqual(printed(), [`Pod "app" is exempt from container-privileged: ${entry.reason}`]);
    assert.deepEqual(printed(), [], "the next run begins anew");
    assert.equal(exceptionsPolicy(used).enforcementLevel, "advisory");
  });
});

describe("a policy configuration that lowers rules", () => {
  const own = new Map([
    ["a", "mandatory"],
    ["b", "mandatory"],
    ["c", "advisory"],
  ] as const);

  it("is told of, rule by rule", () => {
    const now = new Map([
      ["a", "disabled"],
      ["b", "advisory"],
      ["c", "advisory"],
    ] as const);
    assert.deepEqual(loweredRules(own, now), [
      "policy configuration: rule a is disabled, and is not checked",
      "policy configuration: rule b is advisory only, instead of mandatory",
    ]);
  });

  it("is told of in one line where it disables everything, and not at all where it lowers nothing", () => {
    const off = new Map([...own.keys()].map((name) => [name, "disabled"] as const));
    assert.deepEqual(loweredRules(own, off), [
      "policy configuration: every rule of this pack is disabled: nothing is checked",
    ]);
    assert.deepEqual(loweredRules(own, own), []);
    assert.deepEqual(loweredRules(own, new Map([["c", "mandatory"]])), []);
    assert.deepEqual(loweredRules(own, new Map()), []);
  });
});
