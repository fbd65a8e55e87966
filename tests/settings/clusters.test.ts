import assert from "node:assert/strict";

import { UserError, type Problem } from "../../kit/user-error";
import { noProxyList, proxyFor } from "../../settings/proxy";
import { settingsOf, type StackValues } from "../support/settings";
import { badClusters } from "./cases/clusters";
import { badSending } from "./cases/sending";

function problemsOf(values: StackValues): readonly Problem[] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

const proxy = { url: "http://proxy.corp.internal:3128" };

describe("settings for other people's clusters", () => {
  for (const [what, values, key, problem, remedy] of [...badClusters, ...badSending])
    it(`refuse ${what}`, () => {
      const [only, ...more] = problemsOf(values);
      assert.deepEqual(more, []);
      assert.equal(only?.key, `alloy:${key}`);
      assert.match(only.problem, problem);
      assert.match(only.remedy, remedy);
      assert.doesNotMatch(JSON.stringify(only), /:pw@|Bearer abc/);
    });

  it("take what public reports ask for", () => {
    const settings = settingsOf({
      labels: { "cost-center": "4711", owner: "platform" },
      pod: {
        labels: { "kueue.x-k8s.io/queue-name": "infra" },
        annotations: {
          "sidecar.istio.io/inject": "false",
          "linkerd.io/inject": "disabled",
          "karpenter.sh/do-not-disrupt": "true",
          "cluster-autoscaler.kubernetes.io/enable-ds-eviction": "false",
          "config.alpha/json": '{"a": ["b", 1]}\nsecond line',
        },
        tolerations: [{ key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" }],
        nodeAffinity: [{ key: "kubernetes.io/arch", operator: "In", values: ["amd64", "arm64"] }],
      },
    });
    assert.equal(settings.pod.tolerations[0]?.operator, "Exists");
    assert.equal(settings.pod.virtualNodes, "exclude");
    assert.deepEqual(settingsOf().pod.tolerations, [{ operator: "Exists" }]);
    assert.deepEqual(settingsOf({ pod: { tolerations: [] } }).pod.tolerations, []);
  });
});

describe("what goes through a proxy", () => {
  const through = (url: string, more: StackValues = {}): boolean =>
    proxyFor(url, settingsOf({ proxy: { ...proxy, ...more } })) !== undefined;

  for (const [url, expected] of [
    ["http://loki-gateway.monitoring.svc/loki/api/v1/push", false],
    ["http://loki-gateway.monitoring.svc.cluster.local/loki/api/v1/push", false],
    ["http://loki/loki/api/v1/push", false],
    ["http://loki.logging/loki/api/v1/push", false],
    ["http://127.0.0.1:3100/loki/api/v1/push", false],
    ["http://[::1]:3100/loki/api/v1/push", false],
    ["https://logs-prod.grafana.net/loki/api/v1/push", true],
    ["https://loki.corp/loki/api/v1/push", true],
    ["http://10.0.0.7:3100/loki/api/v1/push", true],
    ["http://[2001:db8::7]:3100/loki/api/v1/push", true],
  ] as const)
    it(`${url}: ${expected ? "yes" : "no"}`, () => assert.equal(through(url), expected));

  // By Go's rules. Source: golang.org/x/net/http/httpproxy, tests of useProxy
  for (const [entry, url, expected] of [
    [".corp.internal", "https://loki.corp.internal/p", false],
    ["corp.internal", "https://loki.corp.internal/p", false],
    ["corp.internal", "https://corp.internal/p", false],
    [".corp.internal", "https://corp.internal/p", true],
    ["corp.internal", "https://notcorp.internal/p", true],
    ["10.0.0.0/8", "http://10.1.2.3/p", false],
    ["10.0.0.0/8", "http://11.1.2.3/p", true],
    ["fd00::/8", "http://[fd00:1::7]:80/p", false],
    ["fd00:1::7", "http://[fd00:1::7]:80/p", false],
  ] as const)
    it(`${url} with ${entry}: ${expected ? "yes" : "no"}`, () =>
      assert.equal(through(url, { noProxy: [entry] }), expected));

  it("is never the API server, the node itself or a Service", () => {
    const settings = settingsOf({ proxy: { ...proxy, noProxy: [".corp.internal"] } });
    const urls = ["http://loki.logging/p", "https://logs.example.com/p", "http://[::1]:3100/p"];
    assert.equal(
      noProxyList(settings, urls, ["169.254.170.23"]),
      "$(KUBERNETES_SERVICE_HOST),localhost,127.0.0.1,::1,.svc,.cluster.local,loki.logging,169.254.170.23,.corp.internal",
    );
  });
});
