import assert from "node:assert/strict";

import { awaitRollout } from "../../operations/rollout/await-rollout";
import type { StackContext } from "../../operations/stack-context";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

const ready = (held: boolean) => ({ conditions: [{ type: "Ready", status: held ? "True" : "False" }] });
const owner = { ownerReferences: [{ kind: "DaemonSet", name: "alloy", uid: "d" }] };
const hash = { labels: { "controller-revision-hash": "new" } };

describe("waiting for a rollout", () => {
  let fake: FakeCluster;
  /** Node to whether it is Ready, and those that have a collector. */
  let nodes: Record<string, boolean>;
  let collectors: string[];

  before(async () => {
    fake = await FakeCluster.start((_, { pathname }) => {
      if (pathname.endsWith("/daemonsets/alloy"))
        return {
          body: {
            metadata: { name: "alloy", uid: "d", generation: 1 },
            spec: {},
            status: { observedGeneration: 1, desiredNumberScheduled: collectors.length },
          },
        };
      if (pathname.endsWith("/controllerrevisions"))
        return { body: { items: [{ metadata: { name: "r", ...owner, ...hash }, revision: 1 }] } };
      if (pathname.endsWith("/nodes"))
        return {
          body: { items: Object.entries(nodes).map(([name, held]) => ({ metadata: { name }, status: ready(held) })) },
        };
      const items = collectors.map((nodeName) => ({
        ...{ metadata: { name: `alloy-${nodeName}`, ...owner, ...hash }, spec: { nodeName } },
        status: ready(nodes[nodeName] ?? false),
      }));
      return { body: { items } };
    });
  });
  after(() => fake.stop());

  const wait = (timeout: string): Promise<string[]> =>
    awaitRollout({
      ...{ stack: "test", file: "Pulumi.test.yaml", cluster: fake.client, place: { stackFile: "Pulumi.test.yaml" } },
      settings: settingsOf({ rollout: { await: "ready", timeout } }),
    } as unknown as StackContext);

  it("ends when every node that is Ready has one, and names those that are not", async () => {
    nodes = { a: true, b: false };
    collectors = ["a", "b"];
    assert.deepEqual(await wait("5s"), ["b"]);
  });

  it("fails if no node takes a collector: that each of none is new proves nothing", async () => {
    nodes = { a: true };
    collectors = [];
    await assert.rejects(
      wait("5s"),
      /nothing is collected\.\n +Pulumi\.test\.yaml: alloy:nodeSelector\n +no node takes a collector/,
    );
  });

  it("fails if every node that takes one is down", async () => {
    nodes = { a: false, b: false };
    collectors = ["a", "b"];
    await assert.rejects(wait("5s"), /no node runs the new collector: a, b are not Ready/);
  });
});
