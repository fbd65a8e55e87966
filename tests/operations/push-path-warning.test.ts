import assert from "node:assert/strict";

import { pushPathWarnings } from "../../operations/warnings/push-path";
import { settingsOf, type StackValues } from "../support/settings";

const warningsOf = (values: StackValues = {}): string[] => pushPathWarnings(settingsOf(values));

describe("warnings of a push URL", () => {
  it("say nothing of the paths that are known", () => {
    assert.deepEqual(warningsOf(), []);
    assert.deepEqual(
      warningsOf({ lokiUrl: "http://gw/tenants/a/loki/api/v1/push", prometheusUrl: "http://m/api/v1/push" }),
      [],
    );
  });

  it("name a path that is none of theirs, and the one that was probably meant", () => {
    const [loki = "", prometheus = "", ...more] = warningsOf({
      lokiUrl: "http://gw/logs",
      prometheusUrl: "http://gw:1/in",
    });
    assert.match(loki, /^warning: alloy:lokiUrl ends with \/logs, .*write http:\/\/gw\/loki\/api\/v1\/push\.$/);
    assert.match(prometheus, /^warning: alloy:prometheusUrl ends with \/in, .*write http:\/\/gw:1\/api\/v1\/write\.$/);
    assert.deepEqual(more, []);
    // grafana/loki#2187: Loki's two paths, mixed; a gateway that takes /loki away is rare.
    assert.match(
      warningsOf({ lokiUrl: "http://loki:3100/loki/api/prom/push" }).join(),
      /write http:\/\/loki:3100\/loki\/api\/v1\/push/,
    );
    assert.deepEqual(warningsOf({ lokiUrl: "http://loki:3100/api/prom/push" }), []);
  });

  it("are silent about what is off", () => {
    assert.deepEqual(warningsOf({ lokiUrl: "http://gw/logs", logs: { enabled: false } }), []);
    assert.deepEqual(warningsOf({ prometheusUrl: "http://gw/in", metrics: { enabled: false } }), []);
  });

  it("say that Grafana Cloud asks for a password", () => {
    const lokiUrl = "https://logs-prod-012.grafana.net/loki/api/v1/push";
    assert.match(warningsOf({ lokiUrl }).join(), /answers 401/);
    assert.deepEqual(warningsOf({ lokiUrl, credentials: { mode: "existing" } }), []);
  });
});
