import assert from "node:assert/strict";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { withConfig } from "./support/config";
import { withNodeDown } from "./support/node";
import { collectorPods, collectorSelector, sandbox, type LiveObject } from "./support/sandbox";

interface PodList {
  items: (LiveObject & {
    spec: { nodeName: string };
    status: { conditions?: { type: string; status: string }[] };
  })[];
}

/** Two of three nodes may be without a collector: the one that is down is one of them. */
const rollout = (values: Record<string, unknown>, memory: string): [path: string[], value: unknown][] => [
  [["alloy:rollout"], { maxUnavailable: 2, timeout: "2m", ...values }],
  // A new pod template, with the same pipeline.
  [["alloy:resources"], { limits: { memory } }],
];

const [, , down] = nodeNames;
const others = nodeNames.filter((node) => node !== down);

/** Node to uid of the collector that the node agent runs there. */
async function running(): Promise<Map<string, string>> {
  return new Map((await sandbox().agent()).pods.map(({ node, uid }) => [node, uid]));
}

const up = () => sandbox().npm("up", ["local", "--yes"]);

describe("npx alloyctl up while a node is down", () => {
  let old: Map<string, string>;

  before(async () => {
    old = await running();
    assert.deepEqual([...old.keys()].sort(), [...nodeNames]);
  });

  after(async () => {
    const result = await up();
    assert.equal(result.exitCode, 0, result.output);
  });

  it("fails with all, leaves the node out with ready, and says when the node keeps the others from going on", () =>
    withNodeDown(down, async () => {
      await waitUntil(
        "its collector is not Ready to the API server",
        async () => {
          const { items } = await sandbox().get<PodList & LiveObject>(
            `${collectorPods}?labelSelector=${collectorSelector}`,
          );
          const pod = items.find(({ spec }) => spec.nodeName === down);
          return pod?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "False") ?? false;
        },
        { timeoutMs: 120_000 },
      );

      await withConfig(rollout({ await: "all", timeout: "15s" }, "520Mi"), async () => {
        const all = await up();
        assert.notEqual(all.exitCode, 0, all.output);
        assert.match(all.output, /Pulumi\.local\.yaml: alloy:rollout\.timeout\n/);
        assert.match(
          all.output,
          new RegExp(`not every node runs the new collector yet .*: ${down} \\(the node is not Ready\\)`),
        );
        assert.match(all.output, /→ .*alloy:rollout\.await: ready/);
        assert.doesNotMatch(all.output, /^ +at .+:\d+/m, "a stack trace is printed");
      });

      await withConfig(rollout({ await: "ready" }, "521Mi"), async () => {
        const ready = await up();
        assert.equal(ready.exitCode, 0, ready.output);
        assert.match(ready.output, /rollout: 2 nodes run the new collector; not waited for, since not Ready: node-3$/m);
        assert.match(ready.output, /^each of 2 collectors has sent lines$/m);
        const now = await running();
        for (const node of others) assert.notEqual(now.get(node), old.get(node), `${node} runs the old collector`);
        assert.equal(now.get(down), old.get(down));
      });

      await withConfig(rollout({ await: "ready", maxUnavailable: 1, timeout: "10s" }, "522Mi"), async () => {
        const one = await up();
        assert.notEqual(one.exitCode, 0, one.output);
        assert.match(one.output, /Pulumi\.local\.yaml: alloy:rollout\.maxUnavailable\n/);
        assert.match(one.output, /node-3 is not Ready and uses up maxUnavailable \(1 of 3 nodes is 1\)/);
        assert.match(one.output, /→ write more than 1, such as 2, until the node is back/);
      });
    }));

  it("brings that node up to date once it is back, without another up", async () => {
    await sandbox().newCollectors([...old.values()]);
  });
});
