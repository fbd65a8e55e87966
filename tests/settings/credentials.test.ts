import assert from "node:assert/strict";

import { UserError, type Problem } from "../../kit/user-error";
import { settingsOf, type StackValues } from "../support/settings";
import { badCredentials as cases, inMode } from "./cases/credentials";

function problemsOf(values: StackValues): readonly Problem[] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return [];
}

describe("settings of credentials: a mistake", () => {
  for (const [what, values, blamed, problem, remedy] of cases)
    it(what, () => {
      const [only, ...more] = problemsOf(values);
      assert.deepEqual(more, []);
      assert.equal(only?.key, `alloy:${blamed}`);
      assert.match(only?.problem ?? "", problem);
      assert.match(only?.remedy ?? "", remedy);
    });

  it("is none: a version in quotes, as templates write it", () => {
    assert.equal(settingsOf(inMode("secret", { versions: { loki: "12" } })).credentials.versions.loki, 12);
  });
});
