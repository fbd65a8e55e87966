import assert from "node:assert/strict";

import { canaryMaxWait, canaryTarget } from "../../settings/canary/schema";
import { UserError, type Problem } from "../../kit/user-error";
import { settingsOf, vaultValues, type StackValues } from "../support/settings";

function problemsOf(values: StackValues): readonly Problem[] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

const on = { canary: { enabled: true } };
const basic = { credentials: { mode: "secret", loki: "basic" }, vault: vaultValues };
const bearer = { credentials: { mode: "secret", loki: "bearer" }, vault: vaultValues };

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
    assert.equal(canaryMaxWait(settingsOf(on)), "1h19m");
    assert.equal(canaryMaxWait(settingsOf({ ...on, wal: { outageBudget: "10m" } })), "26m");
    assert.equal(canaryMaxWait(settingsOf({ canary: { enabled: true, interval: "500ms" } })), "1h23m");
  });

  for (const [title, values, key, problem, remedy] of [
    [
      "lines that nobody collects",
      { ...on, logs: { enabled: false } },
      "alloy:canary.enabled",
      /logs\.enabled is off/,
      /turn it off/,
    ],
    [
      "nodes that are left out",
      { ...on, nodeSelector: "worker-.*" },
      "alloy:canary.enabled",
      /nodeSelector/,
      /turn it off/,
    ],
    [
      "a namespace that is not included",
      { ...on, logs: { includeNamespaces: "shop-.*|monitor" } },
      "alloy:canary.enabled",
      /includeNamespaces leaves out monitoring/,
      /collect those lines/,
    ],
    [
      "a namespace that is excluded",
      { ...on, logs: { excludeNamespaces: "kube-.*|monitoring" } },
      "alloy:canary.enabled",
      /excludeNamespaces names monitoring/,
      /collect those lines/,
    ],
    [
      "a push URL behind a prefix",
      { ...on, lokiUrl: "https://logs.example.com/tenants/a/loki/api/v1/push" },
      "alloy:canary.address",
      /path of its own/,
      /https:\/\/logs\.example\.com/,
    ],
    [
      "a Loki that asks for a password",
      { ...on, ...basic },
      "alloy:canary.secretName",
      /asks for a user name/,
      /name a Secret/,
    ],
    ["a Loki that asks for a token", { ...on, ...bearer }, "alloy:canary.address", /is bearer/, /write an address/],
    [
      "an address with a path",
      { canary: { address: "http://loki:3100/loki/api/v1" } },
      "alloy:canary.address",
      /more than the server/,
      /write http:\/\/loki:3100/,
    ],
    [
      "a password in the address",
      { canary: { address: "http://a:b@loki:3100" } },
      "alloy:canary.address",
      /readable in the pod's arguments/,
      /alloy:canary\.secretName/,
    ],
    [
      "an image without a version",
      { canary: { image: "grafana/loki-canary" } },
      "alloy:canary.image",
      /no version/,
      /:version/,
    ],
    [
      "an interval with which its queries could not keep pace",
      { canary: { interval: "10ms" } },
      "alloy:canary.interval",
      /too short/,
      /500ms/,
    ],
    [
      "a key that no Secret has",
      { canary: { keys: { password: "a/b" } } },
      "alloy:canary.keys.password",
      /key of a Secret/,
      /letters/,
    ],
    [
      "a limit below the request",
      { canary: { resources: { limits: { memory: "16Mi" } } } },
      "alloy:canary.resources.limits.memory",
      /below the request 32Mi/,
      /raise/,
    ],
    ["a misspelt key", { canary: { adress: "http://loki" } }, "alloy:canary.adress", /not a key/, /address/],
    [
      "a host without addresses, with a NetworkPolicy",
      { network: { enabled: true }, canary: { enabled: true, address: "https://loki.example.com" } },
      "alloy:network.destinations",
      /no entry for loki\.example\.com \(alloy:canary\.address\)/,
      /cidrs/,
    ],
  ] as const)
    it(`refuses ${title}`, () => {
      const [found, ...more] = problemsOf(values);
      assert.deepEqual(more, []);
      assert.equal(found?.key, key);
      assert.match(found.problem, problem);
      assert.match(found.remedy, remedy);
    });
});
