import assert from "node:assert/strict";

import { missingServices } from "../../operations/warnings/missing-services";
import { explainError } from "../../errors/explain-error";
import {
  networkPolicySpec,
  ServiceProblem,
  waysToApiServer,
  waysToDns,
  wayToService,
} from "../../components/network/policy-rules";
import { destinationOf, singleAddress } from "../../settings/network/destination";
import { settingsOf } from "../support/settings";

const on = { network: { enabled: true } };

describe("network: where a host leads to", () => {
  const settings = settingsOf({
    network: {
      enabled: true,
      destinations: { "loki.example.com": { cidrs: ["192.0.2.7/32"] }, gw: { podLabels: { a: "b" } } },
    },
  });
  for (const [host, expected] of [
    ["loki", { kind: "service", namespace: "monitoring", name: "loki", port: 80 }],
    ["loki.logging", { kind: "service", namespace: "logging", name: "loki", port: 80 }],
    ["loki.logging.svc", { kind: "service", namespace: "logging", name: "loki", port: 80 }],
    ["loki.logging.svc.cluster.local", { kind: "service", namespace: "logging", name: "loki", port: 80 }],
    ["kubernetes.default.svc", { kind: "api-server", port: 80 }],
    ["10.0.0.7", { kind: "addresses", cidrs: ["10.0.0.7/32"], port: 80 }],
    ["[2001:db8::7]", { kind: "addresses", cidrs: ["2001:db8::7/128"], port: 80 }],
    ["loki.example.com", { kind: "addresses", cidrs: ["192.0.2.7/32"], port: 80 }],
    ["gw", { kind: "pods", namespace: "monitoring", labels: { a: "b" }, port: 80 }],
    ["logs.example.com", { kind: "unknown", port: 80 }],
  ] as const)
    it(`${host}: ${expected.kind}`, () => assert.deepEqual(destinationOf(host, 80, settings), expected));
});

describe("network: the policy", () => {
  it("names the pods behind a Service and the port on which they listen", () => {
    const selector = { "app.kubernetes.io/component": "gateway" };
    const way = wayToService("logging", "gateway", 80, { selector, ports: [{ port: 80, targetPort: "http-metrics" }] });
    assert.deepEqual(way, {
      to: [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "logging" } },
          podSelector: { matchLabels: selector },
        },
      ],
      ports: [{ protocol: "TCP", port: "http-metrics" }],
    });
    const same = wayToService("logging", "gateway", 80, { selector, ports: [{ port: 80 }] });
    assert.deepEqual(same.ports, [{ protocol: "TCP", port: 80 }]);
  });

  for (const [title, spec, says] of [
    ["selects no pods", { ports: [{ port: 80 }] }, /Service gateway in namespace logging selects no pods/],
    ["has another port", { selector: { a: "b" }, ports: [{ port: 3100 }] }, /has no port 80/],
  ] as const)
    it(`refuses a Service that ${title}`, () =>
      assert.throws(
        () => wayToService("logging", "gateway", 80, spec),
        (error) => error instanceof ServiceProblem && says.test(error.message) && error.remedy !== "",
      ));

  it("reaches the API server by its Service and by itself", () => {
    const slice = { addresses: ["10.0.0.11", "10.0.0.10"], ports: [6443] };
    assert.deepEqual(waysToApiServer({ clusterIP: "10.96.0.1" }, 443, slice, singleAddress), [
      { to: [{ ipBlock: { cidr: "10.96.0.1/32" } }], ports: [{ protocol: "TCP", port: 443 }] },
      {
        to: [{ ipBlock: { cidr: "10.0.0.10/32" } }, { ipBlock: { cidr: "10.0.0.11/32" } }],
        ports: [{ protocol: "TCP", port: 6443 }],
      },
    ]);
    assert.throws(() => waysToApiServer({}, 443, { addresses: [], ports: [] }, singleAddress), ServiceProblem);
  });

  it("denies both directions, lets nobody in where nobody scrapes, and always allows DNS", () => {
    const spec = networkPolicySpec(waysToDns(settingsOf()), []);
    assert.deepEqual(spec.policyTypes, ["Ingress", "Egress"]);
    assert.deepEqual(spec.ingress, []);
    assert.deepEqual(
      spec.egress.map(({ ports }) => ports.map(({ protocol, port }) => `${protocol} ${port}`)),
      [["UDP 53", "TCP 53"]],
    );
  });
});

describe("network: a Service that is not there", () => {
  const there = [
    { namespace: "monitoring", name: "loki-gateway" },
    { namespace: "prometheus", name: "kube-prometheus-stack-prometheus" },
  ];

  it("is named with the one that was meant, or where it is", () => {
    const lokiUrl = "http://loki-gatway.monitoring.svc/loki/api/v1/push";
    const [loki, prometheus, ...more] = missingServices(settingsOf({ ...on, lokiUrl }), there, "Pulumi.test.yaml");
    assert.deepEqual(more, []);
    assert.match(loki?.problem ?? "", /no Service loki-gatway in namespace monitoring/);
    assert.match(loki?.remedy ?? "", /did you mean loki-gateway\?/);
    assert.match(prometheus?.remedy ?? "", /there is one in prometheus\./);
  });

  it("does not matter where addresses are stated, or where all are there", () => {
    const prometheusUrl = "http://10.0.0.7:9090/api/v1/write";
    const network = { enabled: true, scrapeCidrs: ["10.0.0.7/32"] };
    assert.deepEqual(missingServices(settingsOf({ network, prometheusUrl }), there, "Pulumi.test.yaml"), []);
  });

  it("is explained where the engine meets it first", () => {
    const known = explainError("resource 'monitoring/loki-gatway' does not exist", { stackFile: "Pulumi.test.yaml" });
    assert.equal(known?.key, "alloy:network");
    assert.match(known.problem, /no loki-gatway in namespace monitoring/);
  });
});
