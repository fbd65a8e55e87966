import assert from "node:assert/strict";

import { explainError, type ErrorPlace } from "../../errors/explain-error";
import { UserError } from "../../kit/user-error";

/** A message as it came, by a name of its own, and what is to be made of it; open if nobody could tell. */
export type KnownCases = Record<string, { text: string; file?: string; says: RegExp; remedy: RegExp; open?: true }>;

/** Declares for each message that it is explained, and that the explanation does not count as a message of its own. */
export function eachIsExplained(cases: KnownCases, place: ErrorPlace): void {
  for (const [name, { text, file, says, remedy, open }] of Object.entries(cases)) {
    it(name, () => {
      const found = explainError(text, place);
      assert.ok(found, `not known: ${text}`);
      assert.match(found.problem, says);
      assert.match(found.remedy, remedy);
      assert.equal(found.cannotTell, open);
      if (file !== undefined) assert.equal(`${found.file}: ${found.key}`, file);
    });

    it(`${name}: what is explained already is not explained again`, () => {
      const found = explainError(text, place);
      assert.ok(found);
      assert.equal(explainError(`error: ${new UserError([found]).message}`, place), undefined);
    });
  }
}
