import assert from "node:assert/strict";

import fc from "fast-check";

import {
  deliveryBetween,
  refusals,
  singleLinesRefused,
  retryingBetween,
  stateOf,
  type CollectorState,
} from "../../operations/collectors/state";
import {
  refuseWhileRetrying,
  waitForLines,
  type ExplainSilence,
  type Patience,
} from "../../operations/rollout/refuse-while-retrying";

const quick: Patience = { everyMs: 1, retryingMs: 30, sentMs: 30 };

const nothingWrong: ExplainSilence = (silent) =>
  Promise.resolve({ problems: [], told: silent.map(({ node }) => `${node}: nothing to send`) });

const state = (values: Partial<CollectorState> = {}): CollectorState => ({
  node: "node-1",
  startedAt: 1,
  sent: 0,
  retries: 0,
  answers: {},
  ...values,
});

/** Gives one look after the other, the last one again and again. */
function looks(...all: CollectorState[][]): () => Promise<CollectorState[]> {
  let at = 0;
  return () => Promise.resolve(all[Math.min(at++, all.length - 1)] ?? []);
}

function listener(): { told: string[]; tell: (text: string) => void } {
  const told: string[] = [];
  return { told, tell: (text) => void told.push(text) };
}

describe("rollout guard: reading", () => {
  it("reads Alloy's metrics", () => {
    const page = [
      "alloy_resources_process_start_time_seconds 1.795401358e+09",
      'loki_write_batch_retries_total{component_id="loki.write.default",host="h",tenant="t"} 38',
      'loki_write_sent_entries_total{component_id="loki.write.default",host="h",tenant="t"} 6667',
      'loki_write_request_duration_seconds_count{host="h",status_code="-1",tenant="t"} 38',
      'loki_write_request_duration_seconds_count{host="h",status_code="204",tenant="t"} 6',
      'loki_write_request_duration_seconds_bucket{host="h",status_code="204",tenant="t",le="1"} 6',
    ].join("\n");
    assert.deepEqual(stateOf("node-1", page), {
      node: "node-1",
      startedAt: 1795401358,
      sent: 6667,
      retries: 38,
      answers: { "-1": 38, "204": 6 },
    });
  });

  it("calls only that retrying which tried again and sent nothing", () => {
    const count = fc.nat(20);
    fc.assert(
      fc.property(count, count, count, count, (sent, retries, moreSent, moreRetries) => {
        const answer = retryingBetween(
          state({ sent, retries }),
          state({ sent: sent + moreSent, retries: retries + moreRetries }),
        );
        assert.equal(answer === "yes", moreSent === 0 && moreRetries > 0);
        if (retries + moreRetries === 0 || moreSent > 0) assert.equal(answer, "no");
      }),
    );
    assert.equal(retryingBetween(state({ retries: 3 }), state({ retries: 5, startedAt: 2 })), "no");
  });

  it("counts from the first look, or from the start of a new process", () => {
    const before = state({ sent: 5, answers: { "401": 2, "204": 1 } });
    const later = state({ sent: 7, answers: { "401": 2, "204": 3 } });
    assert.deepEqual(deliveryBetween(before, later), { node: "node-1", sent: 2, refused: {}, requests: 2 });
    assert.deepEqual(deliveryBetween(before, { ...later, startedAt: 2 }).refused, { "401": 2 });
    assert.deepEqual(deliveryBetween(undefined, state({ answers: { "429": 4, "500": 1, "-1": 2 } })).refused, {});
  });

  it("says what a refusal means, one problem a status", () => {
    const delivery = (node: string, code: string) => ({ node, sent: 0, refused: { [code]: 1 }, requests: 1 });
    const problems = refusals("Pulumi.x.yaml", [delivery("a", "401"), delivery("b", "401"), delivery("c", "418")]);
    assert.deepEqual(
      problems.map(({ key, problem }) => `${key} ${problem}`),
      [
        "alloy:credentials Loki answers 401 to a, b: each such batch of lines is lost",
        "alloy:lokiUrl Loki answers 418 to c: each such batch of lines is lost",
      ],
    );
  });
});

describe("a batch that Loki answers with 400", () => {
  const delivery = (sent: number, refused: number, requests: number) => ({
    node: "node-1",
    sent,
    refused: { "400": refused },
    requests,
  });

  // mmalyska/home-ops#4713, GiganticMinecraft/seichi_infra#4844: one line above max_line_size among many.
  it("is a warning, with Loki's setting, if the collector's other batches are taken", () => {
    assert.deepEqual(refusals("f", [delivery(5000, 3, 60)]), []);
    assert.match(
      singleLinesRefused([delivery(5000, 3, 60)]) ?? "",
      /batches of node-1: .*keeps the others\n.*max_line_size \(256KB by default\)[^]*alloy:logs\.maxLine: 256Ki[^]*max_line_size_truncate: true/,
    );
  });

  it("is a failure if nothing else gets through, or most batches do not", () => {
    for (const refused of [delivery(0, 3, 3), delivery(0, 1, 60), delivery(5, 30, 60)]) {
      assert.equal(singleLinesRefused([refused]), undefined);
      assert.match(refusals("f", [refused])[0]?.remedy ?? "", /max_line_size .*alloy:logs\.maxLine/);
    }
  });

  it("says nothing if there is none, and hides no other answer", () => {
    assert.equal(singleLinesRefused([]), undefined);
    assert.equal(singleLinesRefused([{ node: "a", sent: 4, refused: {}, requests: 4 }]), undefined);
    const both = { node: "a", sent: 4, refused: { "400": 1, "401": 1 }, requests: 9 };
    assert.deepEqual(
      refusals("f", [both]).map(({ key }) => key),
      ["alloy:credentials"],
    );
  });
});

describe("rollout guard: before", () => {
  it("lets collectors pass that never tried again, at once", async () => {
    const { told, tell } = listener();
    await refuseWhileRetrying("f", looks([state({ sent: 3 })]), tell, quick);
    assert.deepEqual(told, []);
  });

  it("refuses while one tries again, and names its node", async () => {
    const read = looks([state(), state({ node: "node-2", retries: 1 })], [state({ node: "node-2", retries: 2 })]);
    await assert.rejects(
      refuseWhileRetrying("f", read, () => undefined, quick),
      /collectors of node-2 hold lines/,
    );
  });

  it("lets pass what got through, and what stays idle", async () => {
    await refuseWhileRetrying(
      "f",
      looks([state({ retries: 4 })], [state({ retries: 4, sent: 9 })]),
      () => undefined,
      quick,
    );
    await refuseWhileRetrying("f", looks([state({ retries: 4 })]), () => undefined, quick);
  });

  it("warns where nobody may ask, and goes on", async () => {
    const { told, tell } = listener();
    await refuseWhileRetrying("f", () => Promise.reject(new Error("403 pods/proxy")), tell, quick);
    assert.match(told.join(), /could not ask the collectors how they do \(403 pods\/proxy\)/);
  });
});

describe("rollout guard: after", () => {
  it("waits for a line of each", async () => {
    const { told, tell } = listener();
    const other = state({ node: "node-2", sent: 1 });
    await waitForLines("f", looks([state(), other], [state({ sent: 2 }), other]), [], tell, nothingWrong, quick);
    assert.deepEqual(told, ["each of 2 collectors has sent lines"]);
  });

  it("fails at a refusal with what to do, and says what stays", async () => {
    const read = looks([state({ answers: { "401": 1 } })]);
    await assert.rejects(
      waitForLines("f", read, [], () => undefined, nothingWrong, quick),
      (error: Error) => {
        assert.match(error.message, /1 problem; what was deployed stays, but its lines do not arrive/);
        assert.match(
          error.message,
          /alloy:credentials\n {4}Loki answers 401 to node-1[^]*→ give the collectors the credential/,
        );
        return true;
      },
    );
  });

  it("does not blame this update for refusals of long ago", async () => {
    const old = state({ sent: 4, answers: { "400": 7, "204": 1 } });
    await waitForLines("f", looks([{ ...old, sent: 5 }]), [old], () => undefined, nothingWrong, quick);
  });

  it("waits for none that runs on: it may have nothing to send", async () => {
    const { told, tell } = listener();
    const old = state({ sent: 4 });
    await waitForLines("f", looks([old]), [old], tell, nothingWrong, quick);
    const fresh = state({ node: "node-2", startedAt: 9 });
    await waitForLines("f", looks([old, fresh], [old, { ...fresh, sent: 1 }]), [old], tell, nothingWrong, quick);
    assert.deepEqual(told, ["no collector was started anew", "each of 1 new collectors has sent lines"]);
  });

  it("fails where Loki does not answer, and not where there is nothing to send", async () => {
    const silent = looks([state({ answers: { "-1": 3 } })]);
    await assert.rejects(
      waitForLines("f", silent, [], () => undefined, nothingWrong, quick),
      /has taken no line of node-1/,
    );
    const { told, tell } = listener();
    await waitForLines("f", looks([state()]), [], tell, nothingWrong, quick);
    assert.deepEqual(told, ["node-1: nothing to send"]);
  });

  it("fails where a collector is silent for a reason, in one report with those whose lines Loki does not take", async () => {
    const asked: [string[], number, boolean][] = [];
    const explain: ExplainSilence = (silent, seconds, every) => {
      asked.push([silent.map(({ node }) => node), seconds, every]);
      const problem = { file: "the cluster", key: "pods/log", problem: "no line from b", remedy: "mend the kubelet" };
      return Promise.resolve({ problems: [problem], told: ["c is idle"] });
    };
    const all = [
      state({ node: "a", answers: { "-1": 3 } }),
      state({ node: "b" }),
      state({ node: "c" }),
      state({ node: "d", sent: 4 }),
    ];
    const { told, tell } = listener();
    await assert.rejects(
      waitForLines("f", looks(all), [], tell, explain, { ...quick, sentMs: 1_000 }),
      /2 problems; .*\n +f: alloy:lokiUrl\n +Loki has taken no line of a:[^]*the cluster: pods\/log\n +no line from b\n +→ mend the kubelet/,
    );
    assert.deepEqual(asked, [[["b", "c"], 1, false]]);
    assert.deepEqual(told, ["c is idle"]);
    const silent = [state({ node: "b" }), state({ node: "c" })];
    await assert.rejects(waitForLines("f", looks(silent), [], tell, explain, { ...quick, sentMs: 1_000 }));
    assert.deepEqual(asked[1], [["b", "c"], 1, true]);
  });

  it("fails if no collector runs: that none of none is silent proves nothing", async () => {
    const { told, tell } = listener();
    await assert.rejects(
      waitForLines("f", looks([]), [], tell, nothingWrong, quick),
      /nothing is collected\.\n +f\n +no collector runs 0 s after it was deployed, so no line is sent/,
    );
    assert.deepEqual(told, []);
    await refuseWhileRetrying("f", looks([]), tell, quick);
    assert.deepEqual(told, ["no collector runs that could hold lines"]);
  });
});
