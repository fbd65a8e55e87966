import assert from "node:assert/strict";

import type { EngineEvent } from "@pulumi/pulumi/automation";

import {
  bringsCredential,
  changesText,
  failureReasons,
  planOf,
  rollsPods,
  startsPods,
  type EnginePlan,
} from "../../operations/engine/plan";
import { refuseUnrunPolicies } from "../../operations/engine/run";
import { UserError } from "../../kit/user-error";

// As engine 3.259 writes them, without what is not read.
const event = (part: object): EngineEvent => ({ sequence: 1, timestamp: 1, ...part });
const urn = (type: string, name: string): string => `urn:pulumi:local::alloy::detectviz:alloy:Alloy$${type}::${name}`;
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };

function stepEvent(op: string, type: string, name: string, objectName = name): EngineEvent {
  const state = {
    type,
    id: "i",
    inputs: { metadata: { name: objectName }, data: secret },
    outputs: { list: [secret] },
  };
  return event({
    resourcePreEvent: { metadata: { op, urn: urn(type, name), type, old: state, new: state, detailedDiff: null } },
  });
}

const daemonSet = "kubernetes:apps/v1:DaemonSet";
const collectors = (op: string): EnginePlan =>
  planOf([stepEvent(op, daemonSet, "alloy-collectors-daemon-set", "alloy")]);
const canary = (op: string): EnginePlan =>
  planOf([stepEvent(op, daemonSet, "alloy-canary-daemon-set", "alloy-canary")]);

describe("the engine's events", () => {
  it("give the steps, with secrets masked; what a refresh only looks at is none", () => {
    const { steps } = planOf([
      stepEvent("refresh", daemonSet, "a"),
      stepEvent("read", daemonSet, "b"),
      stepEvent("update", daemonSet, "c"),
    ]);
    assert.deepEqual(
      steps.map(({ op, name, type }) => [op, name, type]),
      [["update", "c", daemonSet]],
    );
    assert.deepEqual(steps[0]?.new?.inputs, { metadata: { name: "c" }, data: "[secret]" });
    assert.deepEqual(steps[0]?.old?.outputs, { list: ["[secret]"] });
  });

  it("count what changes and name the packs", () => {
    const summaryEvent = {
      resourceChanges: { create: 1, update: 2, replace: 1, delete: 3, same: 14, read: 1 },
      PolicyPacks: { "alloy|local|/checkout/policy": "0.1.0" },
    };
    const plan = planOf([event({ summaryEvent })]);
    assert.deepEqual(plan.packs, ["alloy@v0.1.0"]);
    assert.equal(changesText(plan), "1 created, 2 updated, 1 replaced, 3 deleted, 14 unchanged");
    assert.equal(changesText({ changes: { same: 21 } }), "no changes, 21 resources as they were");
    assert.equal(changesText({ changes: { create: 21 } }), "21 created");
  });

  it("tell what an update has done until it stopped, and nothing of a preview", () => {
    const done = (planning: boolean, op: string): EngineEvent =>
      event({
        resOutputsEvent: { planning, metadata: { op, type: daemonSet, urn: urn(daemonSet, `of-${op}`) } },
      });
    assert.deepEqual(planOf([done(true, "create"), done(false, "same"), done(false, "update")]).done, ["of-update"]);
  });

  it("say why a run has failed: errors and mandatory rules, each once and without the engine's colours", () => {
    const role = urn("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "alloy-access-cluster-role");
    const error = event({
      diagnosticEvent: { severity: "error", message: "<{%fg 1%}>error: <{%reset%}>conflict with kubectl\n", urn: role },
    });
    const plan = planOf([
      event({ diagnosticEvent: { severity: "warning", message: "using a plugin" } }),
      error,
      error,
      event({
        policyEvent: {
          policyName: "rbac-no-secrets",
          enforcementLevel: "mandatory",
          message: "no\n",
          resourceUrn: role,
        },
      }),
      event({ policyEvent: { policyName: "image-version", enforcementLevel: "advisory", message: "old" } }),
    ]);
    assert.deepEqual(failureReasons(plan), [
      "policy rbac-no-secrets (alloy-access-cluster-role): no",
      "alloy-access-cluster-role: error: conflict with kubectl",
    ]);
  });

  it("are no plan if there are none", () => {
    const plan = planOf([]);
    assert.deepEqual([plan.steps, plan.done, failureReasons(plan)], [[], [], []]);
    assert.ok(!rollsPods(plan) && !startsPods(plan) && !bringsCredential(plan));
  });
});

describe("a plan", () => {
  it("rolls pods if it ends collectors, and starts them if new ones come", () => {
    for (const op of ["update", "replace", "delete-replaced"]) assert.ok(rollsPods(collectors(op)), op);
    for (const op of ["create", "update", "replace", "create-replacement"]) assert.ok(startsPods(collectors(op)), op);
    assert.ok(rollsPods(collectors("delete")) && !startsPods(collectors("delete")));
    assert.ok(!rollsPods(collectors("create")));
    assert.ok(!rollsPods(collectors("same")) && !startsPods(collectors("same")));
  });

  it("brings a credential with a Secret, or with the first collectors", () => {
    const change = (op: string): EnginePlan =>
      planOf([stepEvent(op, "kubernetes:core/v1:Secret", "alloy-credentials-secret")]);
    assert.ok(bringsCredential(change("create")) && bringsCredential(change("update")));
    assert.ok(!bringsCredential(change("delete")) && !bringsCredential(change("same")));
    assert.ok(bringsCredential(collectors("create")));
  });

  it("takes the canary for no collector, in whichever check", () => {
    for (const op of ["create", "update", "replace", "delete"])
      for (const check of [rollsPods, startsPods, bringsCredential])
        assert.ok(!check(canary(op)), `${check.name} ${op}`);
  });
});

describe("policies that did not run", () => {
  it("are a failure, whatever their level", () => {
    const message = `<{%reset%}>can't run policy "pod-non-root" during preview: a value is not known`;
    const plan = planOf([
      event({ policyEvent: { policyName: "pod-non-root", enforcementLevel: "advisory", message } }),
    ]);
    assert.throws(
      () => refuseUnrunPolicies(plan),
      (error) =>
        error instanceof UserError && /a policy did not run: can't run policy "pod-non-root"/.test(error.message),
    );
  });

  it("are not seen in an ordinary run", () => {
    assert.doesNotThrow(() => refuseUnrunPolicies(planOf([])));
  });
});
