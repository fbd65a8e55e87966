import assert from "node:assert/strict";

import { driftOf, driftTable } from "../../operations/drift/findings";
import type { EngineStep } from "../../operations/engine/plan";

const urn = "urn:pulumi:x::alloy::detectviz:alloy:Alloy$kubernetes:core/v1:ConfigMap::alloy-pipeline-config-map";
const type = "kubernetes:core/v1:ConfigMap";
const metadata = { name: "alloy-config", namespace: "monitoring" };
const object = (data: Record<string, string>, kind = "ConfigMap") => ({ apiVersion: "v1", kind, metadata, data });

type Values = Record<string, unknown>;

const step = (op: string, expected: Values | undefined, found: Values | undefined, live = found): EngineStep => ({
  ...{ op, urn, type, name: "alloy-pipeline-config-map", detailedDiff: {} },
  ...(expected && { new: { type, inputs: { ...expected }, outputs: {} } }),
  ...(found && { old: { type, inputs: { ...found }, outputs: { ...live } } }),
});

describe("drift", () => {
  it("is none where the engine has none and nothing was added", () => {
    assert.deepEqual(driftOf([step("same", object({ a: "1" }), object({ a: "1" }))]), []);
    const stack = { ...step("update", object({ a: "1" }), object({ a: "2" })), type: "pulumi:pulumi:Stack" };
    assert.deepEqual(driftOf([stack]), []);
  });

  it("is a field that differs, with both values", () => {
    const resource = "ConfigMap monitoring/alloy-config";
    assert.deepEqual(driftOf([step("update", object({ a: "1", b: "2" }), object({ a: "1", b: "3" }))]), [
      { resource, field: "data.b", expected: "2", found: "3" },
    ]);
    const named = {
      ...step("update", object({ "x.y": "1" }), object({ "x.y": "2" })),
      detailedDiff: { 'data["x.y"]': { kind: "update" } },
    };
    assert.deepEqual(driftOf([named]), [{ resource, field: 'data["x.y"]', expected: "1", found: "2" }]);
  });

  it("is an object that is gone, or that is not the stack's any more", () => {
    assert.deepEqual(
      driftOf([step("create", object({}), undefined), step("delete", undefined, object({}))]).map(({ found }) => found),
      ["missing", "there"],
    );
  });

  it("is what was added to a list or to data, which the engine does not see", () => {
    const role = (rules: unknown[]) => ({ apiVersion: "v1", kind: "ClusterRole", metadata: { name: "alloy" }, rules });
    const [rule] = driftOf([
      step(
        "same",
        role([{ verbs: ["get"] }]),
        role([{ verbs: ["get"] }]),
        role([{ verbs: ["get"] }, { verbs: ["*"] }]),
      ),
    ]);
    assert.deepEqual(rule, {
      resource: "ConfigMap alloy",
      field: "rules[1]",
      expected: undefined,
      found: { verbs: ["*"] },
      added: { apiVersion: "v1", kind: "ClusterRole", name: "alloy", path: ["rules", 1] },
    });
    const [key] = driftOf([step("same", object({ a: "1" }), object({ a: "1" }), object({ a: "1", b: "2" }))]);
    assert.equal(key?.field, "data.b");
    const owned = (...keys: string[]) => ({
      fieldsV1: { "f:data": { ".": {}, ...Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } },
    });
    const secret = {
      ...{ apiVersion: "v1", kind: "Secret", data: "[secret]" },
      metadata: {
        ...metadata,
        managedFields: [
          { manager: "pulumi-x", ...owned("a") },
          { manager: "by-hand", ...owned("b") },
        ],
      },
    };
    const [hidden, ...others] = driftOf([step("same", secret, secret)], ["a"]);
    assert.deepEqual([hidden?.field, others], ["data.b", []]);
    assert.equal(hidden?.found, "[secret]");
  });

  it("says of a Secret that the engine masks as a whole which key differs, and no value", () => {
    const secret = { ...object({}), data: "[secret]" };
    const changed = { ...step("update", secret, secret), detailedDiff: { 'data["loki.json"]': { kind: "update" } } };
    assert.deepEqual(driftOf([changed]), [
      {
        resource: "ConfigMap monitoring/alloy-config",
        field: 'data["loki.json"]',
        expected: "[secret]",
        found: "[secret]",
      },
    ]);
  });

  it("shows the first line of a text that differs, and long values in part", () => {
    const table = driftTable([
      {
        resource: "ConfigMap monitoring/alloy-config",
        field: 'data["config.alloy"]',
        expected: "a\nb\nc\n",
        found: "a\nx\nc\n",
      },
      { resource: "ClusterRole alloy", field: "rules[9]", expected: undefined, found: { verbs: ["get"] } },
    ]);
    assert.deepEqual(table.split("\n"), [
      "RESOURCE                           FIELD                 EXPECTED   FOUND",
      'ConfigMap monitoring/alloy-config  data["config.alloy"]  line 2: b  line 2: x',
      'ClusterRole alloy                  rules[9]              -          {"verbs":["get"]}',
    ]);
  });
});
