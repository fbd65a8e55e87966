import assert from "node:assert/strict";

import { canaryMaxWait, canaryTarget } from "../../settings/canary/schema";
import { UserError, type Problem } from "../../kit/user-error";
import { settingsOf, type StackValues } from "../support/settings";
import { badCanaries, basic, bearer, on } from "./cases/canary";

function problemsOf(values: StackValues): readonly Problem[] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

describe("settings: canary", () => {
  it("is off, and then asks for nothing", () => {
    assert.equal(settingsOf().canary.enabled, false);
    assert.equal(settingsOf({ nodeSelector: "worker-.*", ...basic }).canary.enabled, false);
  });

  it("has an image with a version, and asks where the collectors push", () => {
    const settings = settingsOf(on);
    assert.match(settings.canary.image, /^docker\.io\/grafana\/loki-canary:3\.\d+\.\d+$/);
    assert.deepEqual(canaryTarget(settings), { host: "loki-gateway.monitoring.svc", port: 80, tls: false });
    const lokiUrl = "https://loki.example.com/loki/api/v1/push";
    assert.deepEqual(canaryTarget(settingsOf({ ...on, lokiUrl })), { host: "loki.example.com", port: 443, tls: true });
    const canary = { enabled: true, address: "http://loki-read.loki:3100" };
    assert.deepEqual(canaryTarget(settingsOf({ canary })), { host: "loki-read.loki", port: 3100, tls: false });
  });

  it("takes a Secret, or an address where Loki asks for none", () => {
    assert.equal(
      settingsOf({ ...basic, canary: { enabled: true, secretName: "reader" } }).canary.keys.password,
      "password",
    );
    const canary = { enabled: true, address: "http://loki-read.loki:3100/" };
    assert.equal(settingsOf({ ...bearer, canary }).canary.secretName, undefined);
  });

  it("waits longer than the collectors promise to, and long enough to ask for each line of that time", () => {
    assert.equal(canaryMaxWait(settingsOf(on)), "1h8m");
    assert.equal(canaryMaxWait(settingsOf({ ...on, wal: { outageBudget: "10m" } })), "26m");
    assert.equal(canaryMaxWait(settingsOf({ canary: { enabled: true, interval: "500ms" } })), "1h11m");
  });

  for (const [title, values, key, problem, remedy] of badCanaries)
    it(`refuses ${title}`, () => {
      const [found, ...more] = problemsOf(values);
      assert.deepEqual(more, []);
      assert.equal(found?.key, key);
      assert.match(found.problem, problem);
      assert.match(found.remedy, remedy);
    });
});
