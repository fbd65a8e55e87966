import assert from "node:assert/strict";

import { judgePolicies } from "../../operations/engine/run";
import { describeChanges, readPlan } from "../../operations/engine/summary";
import { UserError } from "../../kit/user-error";

// As engine 3.259 prints them.
const created = `Policies:
    ✅ alloy@v0.1.0 (local: policy)

Resources:
    + 21 created

Duration: 8s`;

const mixed = `Resources:
    + 1 created
    ~ 2 updated
    +-1 replaced
    - 3 deleted
    7 changes. 14 unchanged`;

const same = `Resources:
    21 unchanged

Duration: 2s`;

describe("the engine's summary", () => {
  it("counts what was created and names the packs", () => {
    assert.deepEqual(readPlan(created), { changes: { create: 21 }, packs: ["alloy@v0.1.0"] });
    assert.equal(describeChanges(readPlan(created)), "21 created");
  });

  it("counts every operation", () => {
    assert.deepEqual(readPlan(mixed).changes, { create: 1, update: 2, replace: 1, delete: 3, same: 14 });
    assert.equal(describeChanges(readPlan(mixed)), "1 created, 2 updated, 1 replaced, 3 deleted, 14 unchanged");
  });

  it("says that nothing changed", () => {
    assert.equal(describeChanges(readPlan(same)), "no changes, 21 resources as they were");
  });

  it("reads a preview's words as well", () => {
    assert.deepEqual(readPlan("Resources:\n    + 21 to create\n").changes, { create: 21 });
  });
});

describe("policies that did not run", () => {
  it("are a failure", () => {
    const output = `Policies:\n    [advisory]  alloy v0.1.0  pod-non-root: can't run policy "pod-non-root" during preview`;
    assert.throws(
      () => judgePolicies(output),
      (error) => error instanceof UserError && /can't run policy "pod-non-root"/.test(error.message),
    );
  });

  it("are not seen in an ordinary run", () => {
    assert.doesNotThrow(() => judgePolicies(created));
  });
});
