import assert from "node:assert/strict";
import { types } from "node:util";

import { unknownCheckingProxy } from "@pulumi/policy";
import * as sdk from "@pulumi/policy/proxy";

import { isUnknownError, settled, type Plain } from "../../policy/values";

const proxy = unknownCheckingProxy as (props: Plain) => Plain;

describe("settled", () => {
  it("takes the SDK's proxy off what is wholly known", () => {
    const value = { metadata: { name: "a", labels: {} }, list: [1, "b", { c: true }, null], none: undefined };
    const plain = settled(proxy(value));
    assert.equal(plain, value);
    assert.ok(!types.isProxy(plain));
  });

  it("leaves it on where anything is unknown, by every sentinel that the SDK has", () => {
    const sentinels = Object.entries(sdk).filter(([name]) => /^unknown\w+Value$/.test(name));
    assert.equal(sentinels.length, 7);
    for (const [name, sentinel] of sentinels) {
      const kept = settled(proxy({ spec: { containers: [{ image: sentinel }] } }));
      assert.throws(
        () => (kept["spec"] as { containers: { image: string }[] }).containers[0]?.image,
        isUnknownError,
        name,
      );
    }
  });

  it("reads no field of the SDK's name from a value that is no proxy: a resource could hide in it", () => {
    const bad = { spec: { hostPID: true }, __getSpecialProxyTarget: { spec: {} } };
    assert.equal(settled(bad), bad);
    assert.equal(settled(proxy(bad)), bad);
    assert.equal(settled(settled(proxy(bad))), bad);
  });
});
