import assert from "node:assert/strict";

import type { StackContext } from "../../operations/stack-context";
import { monitorWarning } from "../../operations/warnings/pod-monitor";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

type Lists = Record<string, object[] | number>;

/** Asks a cluster in which these kinds are there, with these objects; a number is a refusal. */
async function warning(lists: Lists): Promise<string | undefined> {
  const fake = await FakeCluster.start((_, { pathname }) => {
    const found = lists[pathname.split("/").at(-1) ?? ""];
    if (found === undefined) return { status: 404, body: "404 page not found" };
    return typeof found === "number" ? { status: found, body: {} } : { body: { items: found } };
  });
  try {
    const context = { settings: settingsOf(), cluster: fake.client };
    return await monitorWarning(context as StackContext);
  } finally {
    await fake.stop();
  }
}

const selecting = { matchLabels: { release: "kube-prometheus-stack" } };
const one = (spec: object, namespace = "monitoring"): object => ({ metadata: { name: "main", namespace }, spec });

describe("whoever may read the PodMonitor", () => {
  it("is a Prometheus, one in agent mode, or a VMAgent", async () => {
    assert.equal(await warning({ prometheuses: [one({ podMonitorSelector: selecting })] }), undefined);
    assert.equal(
      await warning({ prometheuses: [], prometheusagents: [one({ podMonitorSelector: selecting })] }),
      undefined,
    );
    assert.equal(await warning({ vmagents: [one({ selectAllByDefault: true }, "vm")] }), undefined);
    assert.equal(await warning({ vmagents: [one({ podScrapeSelector: selecting })] }), undefined);
    assert.equal(await warning({ vmagents: [one({ podScrapeNamespaceSelector: {} }, "vm")] }), undefined);
  });

  it("is none of those that select something else", async () => {
    assert.match(
      (await warning({ vmagents: [one({})] })) ?? "",
      /monitoring\/main \(VMAgent\) selects no PodMonitor at all/,
    );
    assert.match(
      (await warning({ vmagents: [one({ podScrapeSelector: selecting }, "vm")] })) ?? "",
      /own namespace only/,
    );
    assert.match(
      (await warning({ prometheusagents: [one({ podMonitorSelector: { matchLabels: { release: "other" } } })] })) ?? "",
      /monitoring\/main selects PodMonitors with release=other/,
    );
  });

  it("may be a program whose choice no resource says: the warning names that", async () => {
    const said = (await warning({ prometheuses: [] })) ?? "";
    assert.match(said, /no Prometheus resource, nor a PrometheusAgent or a VMAgent/);
    assert.match(said, /an Alloy with prometheus\.operator\.podmonitors/);
  });

  it("is unknown where the kinds may not be listed", async () => {
    assert.match((await warning({ prometheuses: 403 })) ?? "", /could not look/);
  });
});
