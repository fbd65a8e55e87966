import assert from "node:assert/strict";

import { isRefusal, newestErrors } from "../../operations/collectors/errors";

describe("a collector's own errors", () => {
  const texts = (log: string): string[] => newestErrors(log).map(({ text }) => text);
  const line = (level: string, target: string, error: string) =>
    `ts=2026-01-01T00:00:00Z level=${level} msg="tailer stopped" target=${target} err="${error}"`;

  it("are the newest, each reason once", () => {
    const log = [
      line("warn", "a", 'pods \\"a\\" is forbidden'),
      'ts=2026-01-01T00:00:01Z level=info msg="all well" err=none',
      line("warn", "b", 'pods \\"b\\" is forbidden'),
      line("error", "c", "connection refused"),
    ].join("\n");
    const errors = newestErrors(log);
    assert.equal(errors.length, 2);
    assert.match(errors[0]?.text ?? "", /connection refused/);
    assert.match(errors[1]?.text ?? "", /target=b err="pods \\"b\\" is forbidden"/);
  });

  it("leave out that Alloy stopped asking for a pod that has gone", () => {
    const log = [
      'ts=1 level=warn msg="tailer stopped" target=a err="pods \\"a\\" is forbidden"',
      'ts=2 level=warn msg="could not get pod info" target=b err="client rate limiter Wait returned an error: context canceled"',
    ].join("\n");
    assert.deepEqual(texts(log), ['level=warn msg="tailer stopped" target=a err="pods \\"a\\" is forbidden"']);
  });

  it("have those of loki.write, which words them differently, and any other thing that was cancelled", () => {
    const log = [
      'ts=1 level=error msg="final error sending batch" component_id=loki.write.default status=401 error="server returned 401"',
      'ts=2 level=warn msg="Failed to send batch" component_id=prometheus.remote_write.default err="Post: context canceled"',
    ];
    assert.deepEqual(
      texts(log.join("\n")),
      log.reverse().map((line) => line.slice(5)),
    );
  });

  it("are none in a quiet log", () => assert.deepEqual(newestErrors("ts=1 level=info msg=x\n"), []));

  it("leave out what a collector said that has ended since", () => {
    const log = line("warn", "a", "refused before the restart");
    const started = Date.parse("2026-01-01T00:00:10Z");
    assert.deepEqual(newestErrors(log, started), []);
    assert.equal(newestErrors(log, started - 60_000).length, 1);
  });

  it("say of a refusal that it holds only as long as it is repeated", () => {
    const [refusal] = newestErrors(line("warn", "a", 'pods \\"a\\" is forbidden'));
    assert.ok(refusal);
    const logged = Date.parse("2026-01-01T00:00:00Z");
    assert.equal(isRefusal(refusal, logged + 10_000), true);
    assert.equal(isRefusal(refusal, logged + 60_000), false);
    const [other] = newestErrors(line("error", "c", "connection refused"));
    assert.ok(other);
    assert.equal(isRefusal(other, logged), false, "a server that is down refuses nobody");
  });
});
