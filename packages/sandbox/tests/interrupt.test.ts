import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { silentOnceStopped } from "../start/interrupt";

describe("a run that the person stops", () => {
  const failure = (): Promise<never> => Promise.reject(new Error("the API server is gone"));

  it("reports a failure as long as nobody has stopped it", async () => {
    await assert.rejects(silentOnceStopped(new AbortController().signal, failure), /the API server is gone/);
    assert.equal(await silentOnceStopped(AbortSignal.abort(), () => Promise.resolve("done")), "done");
  });

  it("reports nothing afterwards: its servers were taken from it", async () => {
    const outcome = silentOnceStopped(AbortSignal.abort(), failure).then(
      () => "ended",
      () => "reported",
    );
    assert.equal(await Promise.race([outcome, sleep(50, "silent")]), "silent");
  });
});
