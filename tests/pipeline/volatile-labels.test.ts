import assert from "node:assert/strict";

import fc from "fast-check";

import { maybeVolatile, volatility, wordsOf } from "../../pipeline/volatile-labels";

const label = (name: string, ...sources: string[]) => ({ name, sources, component: "loki.process.x", line: 1 });
const fromLine = (name: string): string | undefined => volatility(label(name, `line:${name}`));

/** The ways in which people write a name of several words. */
const spellings = (words: readonly string[]): string[] => {
  const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
  const [first = "", ...rest] = words;
  return [
    ...["_", "-", ".", ""].map((between) => words.join(between)),
    [first, ...rest.map(capital)].join(""),
    words.map(capital).join(""),
    words.join("_").toUpperCase(),
    [first, ...rest.map((word) => word.toUpperCase())].join(""),
  ];
};

describe("a label with many values", () => {
  it("is known in whatever way its name is written", () => {
    const names = [
      ...[
        ["trace", "id"],
        ["span", "id"],
        ["request", "id"],
        ["session", "id"],
        ["user", "id"],
        ["correlation", "id"],
      ],
      ...[
        ["batch", "id"],
        ["message", "id"],
        ["pod", "name"],
        ["container", "id"],
        ["pod", "template", "hash"],
      ],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...names).chain((words) => fc.constantFrom(...spellings(words))),
        (name) => {
          assert.ok(volatility(label(name)), name);
          assert.ok(volatility(label("x", `line:${name}`)), name);
        },
      ),
    );
  });

  it("is known by the last word of what it comes from, out of a line", () => {
    for (const name of [
      ...["ip", "remote_addr", "clientIp", "duration_ms", "pgDurationMS", "latency", "elapsed", "pid", "pg_pid"],
      ...["thread", "request_uri", "url", "ts", "@timestamp", "email", "message", "order_uuid", "http_request_id"],
      // https://github.com/mikesvoboda/nemotron-v3-home-security-intelligence/issues/4022
      ...["pg_duration_ms", "pg_pid", "batch_id"],
      // https://github.com/simplyblock/vela/issues/178
      "message_id",
      // https://github.com/grafana/loki/issues/6825: names with a line at both ends
      ...["_pod_name_", "_pod_uid_", "_pod_ip_"],
    ])
      assert.ok(fromLine(name), name);
    assert.match(volatility(label("who", "line:clientIp")) ?? "", /one value a user/);
    assert.match(volatility(label("ip", "line:remote")) ?? "", /one value a user/);
  });

  it("is none of those that have few, and none that a pod's or node's label gives", () => {
    for (const name of ["level", "severity", "env", "stream", "app", "status_code", "method", "region", "pg_database"])
      assert.equal(fromLine(name), undefined, name);
    for (const name of ["ip_family", "port", "path", "tenant_id", "user"])
      assert.equal(volatility(label(name, `__meta_kubernetes_pod_label_${name}`)), undefined, name);
  });

  it("may be one of which nobody can tell, and then it is named", () => {
    for (const name of ["branch_id", "shop", "error", "pg_user"])
      assert.ok(maybeVolatile(label(name, `line:${name}`)), name);
    for (const name of ["level", "logLevel", "tenant_id", "trace_id"])
      assert.ok(!maybeVolatile(label(name, `line:${name}`)), name);
    assert.ok(!maybeVolatile(label("level", "line:l")));
    assert.ok(!maybeVolatile(label("shop", "__meta_kubernetes_pod_label_shop")));
    assert.ok(!maybeVolatile(label("shop")));
  });
});

describe("the words of a name", () => {
  it("are the same in every spelling with a separator or capitals", () => {
    for (const name of ["pg_duration_ms", "pgDurationMs", "PgDurationMS", "pg-duration.ms", "PGDurationMS"])
      assert.deepEqual(wordsOf(name), ["pg", "duration", "ms"], name);
  });
});
