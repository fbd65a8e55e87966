import assert from "node:assert/strict";

import { askUntil } from "../../kit/waiting";

describe("waiting", () => {
  it("asks until there is an answer, and gives it", async () => {
    let asked = 0;
    const answer = await askUntil(() => Promise.resolve(++asked < 3 ? undefined : asked), {
      timeoutMs: 5_000,
      everyMs: 1,
    });
    assert.deepEqual([answer, asked], [3, 3]);
  });

  it("takes false, nought and nothing written for answers", async () => {
    for (const value of [false, 0, "", null])
      assert.equal(await askUntil(() => Promise.resolve(value), { timeoutMs: 0, everyMs: 1 }), value);
  });

  it("asks once even if there is no time, and then gives no answer", async () => {
    let asked = 0;
    const look = (): Promise<undefined> => Promise.resolve(void asked++);
    assert.equal(await askUntil(look, { timeoutMs: 0, everyMs: 1 }), undefined);
    assert.equal(asked, 1);
  });

  it("ends with what a look throws, or with the signal's reason", async () => {
    await assert.rejects(
      askUntil(() => Promise.reject(new Error("refused")), { timeoutMs: 100, everyMs: 1 }),
      /refused/,
    );
    const signal = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(
      askUntil(() => Promise.resolve(undefined), { timeoutMs: 100, everyMs: 1, signal }),
      /stopped/,
    );
  });
});
