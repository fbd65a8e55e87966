import assert from "node:assert/strict";

import { takingOver } from "../../kit/taking-over";
import { expectedProviders } from "../../policy/rules/alloy/expected/providers";
import { settingsOf } from "../support/settings";

describe("a forced apply", () => {
  const allowed = (env: NodeJS.ProcessEnv): boolean =>
    expectedProviders(settingsOf(), env).some(({ props }) => "enablePatchForce" in (props as object));

  it("is allowed for the run of a command that asks for it", () => assert.ok(allowed(takingOver)));

  it("is refused otherwise: a program that forces always hides who else applies Alloy", () => {
    for (const env of [{}, { PULUMI_K8S_ENABLE_PATCH_FORCE: "false" }, { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" }])
      assert.ok(!allowed(env));
  });
});
