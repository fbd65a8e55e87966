import assert from "node:assert/strict";
import * as path from "node:path";

import { formatVerdicts, isControl, isRight, play, readCases, type Verdict } from "./play-cases";

const own = readCases(path.join(__dirname, "cases"));

describe("stacks that are bad in one way", () => {
  it("are there", () => assert.ok(own.filter((one) => !isControl(one)).length >= 380));

  for (const one of own)
    it(`${one.title}: ${isControl(one) ? "passes" : `refused by ${one.rule}`}`, async () => {
      const { refusedBy, messages } = await play(one);
      if (isControl(one)) assert.deepEqual(messages, []);
      else assert.ok(refusedBy.includes(one.rule), `refused by ${refusedBy.join(", ") || "nothing"}`);
      if (one.says !== undefined) {
        const said = messages.join("\n");
        assert.ok(said.includes(one.says), `does not say "${one.says}":\n${said}`);
      }
    });
});

// Cases from elsewhere: POLICY_CASES=FOLDER npx mocha tests/policy/cases.test.ts
const folder = process.env["POLICY_CASES"];
if (folder !== undefined)
  describe(`the cases in ${folder}`, () => {
    it("are refused, and controls pass", async function () {
      this.timeout(300_000);
      const verdicts: Verdict[] = [];
      for (const one of readCases(folder)) verdicts.push(await play(one));
      console.log(formatVerdicts(verdicts));
      assert.ok(verdicts.length > 0, "the folder holds no case");
      assert.deepEqual(
        verdicts.filter((verdict) => !isRight(verdict)).map(({ id }) => id),
        [],
      );
    });
  });
