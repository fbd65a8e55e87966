import * as assert from "node:assert/strict";

import { complaints } from "../start/summary";

const pod = { node: "node-1", lastError: undefined, errors: [], log: "/sandbox/logs/alloy-1.log" };

describe("a proof that failed", () => {
  it("is followed by what each collector says, the node agent's word for it first", () => {
    const forbidden = 'level=warn msg="tailer stopped" err="pods is forbidden"';
    assert.deepEqual(
      complaints([
        { ...pod, lastError: "readiness probe: 503", errors: [forbidden] },
        { ...pod, node: "node-2", errors: [forbidden] },
      ]),
      ["node-1: readiness probe: 503", `node-1: ${forbidden}`, `node-2: ${forbidden}`],
    );
  });

  it("names the log of one that has said nothing, and the next command where there is none", () => {
    assert.deepEqual(complaints([pod]), [
      "node-1: nothing that it logged as an error; its log: /sandbox/logs/alloy-1.log",
    ]);
    assert.deepEqual(complaints([]), ["no collector runs: npm run sandbox:status"]);
  });

  it("begins with the node agent's trouble, since a collector that it cannot start says nothing", () => {
    const trouble = "the API server does not answer";
    assert.deepEqual(complaints([], trouble), [
      "the node agent: the API server does not answer",
      "no collector runs: npm run sandbox:status",
    ]);
    assert.equal(complaints([pod], trouble)[0], "the node agent: the API server does not answer");
  });
});
