import assert from "node:assert/strict";

import { UserError, type Problem } from "../../kit/user-error";
import { settingsOf, type StackValues } from "../support/settings";

function problemsOf(values: StackValues): readonly Problem[] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

const external = "https://loki.example.com/loki/api/v1/push";
const outside = { prometheusUrl: "https://prometheus.example.com/api/v1/write", lokiUrl: external };

describe("settings: network", () => {
  it("is off, and then asks for nothing", () => {
    assert.equal(settingsOf().network.enabled, false);
    assert.equal(settingsOf(outside).network.enabled, false);
  });

  for (const [title, values, key, problem, remedy] of [
    [
      "a host outside of the cluster without addresses",
      { network: { enabled: true }, lokiUrl: external },
      "alloy:network.destinations",
      /no entry for loki\.example\.com \(alloy:lokiUrl\)/,
      /loki\.example\.com: \{ cidrs/,
    ],
    [
      "a PodMonitor that nobody could use",
      { network: { enabled: true }, prometheusUrl: "http://10.0.0.7:9090/api/v1/write" },
      "alloy:network.scrapeCidrs",
      /nobody could scrape/,
      /selfMonitoring/,
    ],
    ["no CIDR", { network: { scrapeCidrs: ["10.0.0.7"] } }, "alloy:network.scrapeCidrs.0", /not a CIDR/, /\/32/],
    ["every address", { network: { scrapeCidrs: ["0.0.0.0/0"] } }, "alloy:network.scrapeCidrs.0", /every/, /meant/],
    ["too many bits", { network: { scrapeCidrs: ["10.0.0.0/33"] } }, "alloy:network.scrapeCidrs.0", /not a CI/, /bits/],
    [
      "a destination that says nothing",
      { network: { destinations: { loki: { port: 80 } } } },
      "alloy:network.destinations.loki.cidrs",
      /missing, and podLabels too/,
      /one of them/,
    ],
    [
      "a destination that says two things",
      { network: { destinations: { loki: { cidrs: ["10.0.0.7/32"], podLabels: { a: "b" } } } } },
      "alloy:network.destinations.loki.cidrs",
      /and podLabels too/,
      /one of them/,
    ],
    [
      "a port that is none",
      { network: { destinations: { loki: { cidrs: ["10.0.0.7/32"], port: 70000 } } } },
      "alloy:network.destinations.loki.port",
      /not a port/,
      /65535/,
    ],
  ] as const)
    it(`refuses ${title}`, () => {
      const [only, ...more] = problemsOf(values);
      assert.deepEqual(more, []);
      assert.equal(only?.key, key);
      assert.match(only.problem, problem);
      assert.match(only.remedy, remedy);
    });

  it("takes hosts outside of the cluster with their addresses", () => {
    const { network } = settingsOf({
      ...outside,
      network: {
        enabled: true,
        scrapeCidrs: ["10.20.0.0/16", "2001:db8::/32"],
        destinations: {
          "loki.example.com": { cidrs: ["192.0.2.7/32"] },
          "prometheus.example.com": { cidrs: ["192.0.2.8/32"], port: 8443 },
        },
      },
    });
    assert.equal(network.destinations["prometheus.example.com"]?.port, 8443);
  });
});
