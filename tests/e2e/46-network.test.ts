import assert from "node:assert/strict";

import { runPulumi } from "../../packages/sandbox/engine/engine";
import { withConfig } from "./support/config";
import { sandbox } from "./support/sandbox";

const services = "/api/v1/namespaces/monitoring/services";

/** The Services that the URLs of the defaults name, on other ports than their pods. */
const made: { name: string; selector: Record<string, string>; port: number; targetPort: number | string }[] = [
  { name: "loki-gateway", selector: { "app.kubernetes.io/component": "gateway" }, port: 80, targetPort: 8080 },
  {
    name: "kube-prometheus-stack-prometheus",
    selector: { "app.kubernetes.io/name": "prometheus" },
    port: 9090,
    targetPort: "http-web",
  },
];

const pods = (selector: Record<string, string>) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } },
  podSelector: { matchLabels: selector },
});

const on = (values: [path: string[], value: unknown][] = []): [path: string[], value: unknown][] => [
  [["alloy:network"], { enabled: true }],
  [["alloy:lokiUrl"], "http://loki-gateway.monitoring.svc:80/loki/api/v1/push"],
  [["alloy:prometheusUrl"], "http://kube-prometheus-stack-prometheus.monitoring:9090/api/v1/write"],
  ...values,
];

interface Way {
  to: Record<string, unknown>[];
  ports: { protocol: string; port: number | string }[];
}

interface Step {
  newState?: { type: string; inputs: { spec: { ingress: unknown[]; egress: Way[] } } };
}

describe("a NetworkPolicy from the Services of the cluster", () => {
  before(async () => {
    for (const { name, selector, port, targetPort } of made)
      await sandbox().api.request("POST", services, {
        body: {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name, namespace: "monitoring" },
          spec: { selector, ports: [{ port, targetPort }] },
        },
      });
  });

  after(async () => {
    for (const { name } of made) await sandbox().api.request("DELETE", `${services}/${name}`);
  });

  it("allows the pods behind them, on their own ports, the API server and DNS; the API server takes it", () =>
    withConfig(on(), async () => {
      const engine = await sandbox().engine();
      const result = await runPulumi(engine, ["preview", "--json"]);
      assert.equal(result.exitCode, 0, `${result.stdout}\n${result.stderr}`);
      const { steps } = JSON.parse(result.stdout) as { steps: Step[] };
      const policy = steps.find(({ newState }) => newState?.type === "kubernetes:networking.k8s.io/v1:NetworkPolicy");
      assert.ok(policy?.newState, "the preview creates no NetworkPolicy");
      const { spec } = policy.newState.inputs;

      const [gateway, prometheus] = made.map(({ selector }) => pods(selector));
      assert.deepEqual(spec.ingress, [{ from: [prometheus], ports: [{ protocol: "TCP", port: 12345 }] }]);
      const [dns, ...ways] = spec.egress;
      assert.deepEqual(
        dns?.ports.map(({ port }) => port),
        [53, 53],
      );
      assert.deepEqual(ways.slice(-2), [
        { to: [gateway], ports: [{ protocol: "TCP", port: 8080 }] },
        { to: [prometheus], ports: [{ protocol: "TCP", port: "http-web" }] },
      ]);
      const toServer = ways.slice(0, -2);
      assert.equal(toServer.length, 2, JSON.stringify(toServer));
      for (const { to } of toServer)
        for (const peer of to) assert.match(JSON.stringify(peer), /^\{"ipBlock":\{"cidr":"[\d.]+\/32"\}\}$/);

      await sandbox().api.request(
        "POST",
        "/apis/networking.k8s.io/v1/namespaces/monitoring/networkpolicies?dryRun=All",
        {
          body: {
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: { name: "tried-out", namespace: "monitoring" },
            spec,
          },
        },
      );
    }));

  it("is refused where a Service is not there, with the name that was meant", () =>
    withConfig(on([[["alloy:lokiUrl"], "http://loki-gatway.monitoring.svc:80/loki/api/v1/push"]]), async () => {
      const before = await sandbox().deployed();
      const result = await sandbox().npm("preview", ["local"]);
      assert.notEqual(result.exitCode, 0, result.output);
      assert.match(result.output, /no Service loki-gatway in namespace monitoring/);
      assert.match(result.output, /did you mean loki-gateway\?/);
      assert.deepEqual(await sandbox().deployed(), before);
    }));

  it("is refused by the program where pulumi is typed by hand", () =>
    withConfig(on([[["alloy:lokiUrl"], "http://loki-gateway.monitoring.svc:81/loki/api/v1/push"]]), async () => {
      const result = await sandbox().shell("pulumi preview --non-interactive");
      assert.notEqual(result.exitCode, 0, result.output);
      assert.match(result.output, /Service loki-gateway in namespace monitoring has no port 81/);
      assert.doesNotMatch(result.output, /^ +at .+:\d+/m, "a stack trace is printed");
    }));
});
