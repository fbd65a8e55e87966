import assert from "node:assert/strict";

import { UserError } from "../../kit/user-error";
import { settingsOf } from "../support/settings";

/** One mistake in `alloy:credentials`: the key that is blamed, and words of the problem and of the remedy. */
const cases: [what: string, value: Record<string, unknown>, blamed: string, problem: RegExp, remedy: RegExp][] = [
  ["readAt up where Vault is not read", { readAt: "up" }, "credentials.readAt", /mode none/, /remove it/],
  [
    "a pinned version of somebody else's Secret",
    { mode: "existing", versions: { loki: 2 } },
    "credentials.versions.loki",
    /mode existing/,
    /mode: secret/,
  ],
  ["no version", { versions: { loki: 0 } }, "credentials.versions.loki", /0 is not/, /from 1/],
  ["a version of text", { versions: { loki: "v2" } }, "credentials.versions.loki", /"v2"/, /from 1/],
  ["a key with a slash", { keys: { loki: "a/b" } }, "credentials.keys.loki", /"a\/b"/, /letters, digits/],
  ["a certificate over http", { mode: "existing", loki: "mtls" }, "lokiUrl", /loki is mtls/, /https/],
];

describe("bad settings of credentials", () => {
  for (const [what, credentials, blamed, problem, remedy] of cases)
    it(`refuses ${what}`, () => {
      assert.throws(
        () => settingsOf({ credentials }),
        (error) => {
          assert.ok(error instanceof UserError, String(error));
          const found = error.problems.find(({ key }) => key === `alloy:${blamed}`);
          assert.ok(found, error.message);
          assert.match(found.problem, problem);
          assert.match(found.remedy, remedy);
          return true;
        },
      );
    });
});
