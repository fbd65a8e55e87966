import assert from "node:assert/strict";

import { UserError, type Problem } from "../../kit/user-error";
import { settingsOf, type StackValues } from "../support/settings";
import { badNetworks, outside } from "./cases/network";

function problemsOf(values: StackValues): readonly Problem[] {
  try {
    settingsOf(values);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was refused");
}

describe("settings: network", () => {
  it("is off, and then asks for nothing", () => {
    assert.equal(settingsOf().network.enabled, false);
    assert.equal(settingsOf(outside).network.enabled, false);
  });

  for (const [title, values, key, problem, remedy] of badNetworks)
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
