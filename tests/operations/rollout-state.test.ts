import assert from "node:assert/strict";

import type { KubeObject } from "../../operations/cluster/kubernetes-client";
import { rolloutState, type RolloutObjects } from "../../operations/rollout/state";

const condition = (up: boolean) => ({ conditions: [{ type: "Ready", status: up ? "True" : "False" }] });
const node = (name: string, up = true): KubeObject => ({ metadata: { name }, status: condition(up) });
const owner = [{ kind: "DaemonSet", name: "alloy", uid: "ds" }];

const pod = (nodeName: string, hash: string, up = true, more: object = {}): KubeObject => ({
  metadata: { name: `alloy-${nodeName}-${hash}`, labels: { "controller-revision-hash": hash }, ownerReferences: owner },
  spec: { nodeName },
  status: { ...condition(up), ...more },
});

const revision = (hash: string, number: number): KubeObject => ({
  metadata: { name: hash, labels: { "controller-revision-hash": hash }, ownerReferences: owner },
  revision: number,
});

/** Three nodes, all with the new collector. */
const done = (): RolloutObjects => ({
  daemonSet: {
    metadata: { name: "alloy", uid: "ds", generation: 3 },
    spec: { updateStrategy: { rollingUpdate: { maxUnavailable: "10%" } } },
    status: { observedGeneration: 3, desiredNumberScheduled: 3 },
  },
  revisions: [revision("new", 10), revision("old", 9)],
  pods: ["a", "b", "c"].map((name) => pod(name, "new")),
  nodes: ["a", "b", "c"].map((name) => node(name)),
});

describe("the state of a rollout", () => {
  it("is over where every node runs the new collector", () => {
    assert.deepEqual(rolloutState(done()), { ready: ["a", "b", "c"], waiting: [], down: [] });
  });

  it("waits for an old collector, and for a new one that is not ready, with its reason", () => {
    const waitingFor = {
      containerStatuses: [{ state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } } }],
    };
    const pods = [pod("a", "old"), pod("b", "new", false, waitingFor), pod("c", "new")];
    assert.deepEqual(rolloutState({ ...done(), pods }), {
      ready: ["c"],
      waiting: [
        { node: "a", reason: "the old collector runs" },
        { node: "b", reason: "CrashLoopBackOff: back-off 10s" },
      ],
      down: [],
    });
  });

  it("has the last words of a container that does not start, whether it has just ended or waits to be tried again", () => {
    const words = { reason: "Error", exitCode: 1, message: "no room\n  → free that disk\n" };
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s" };
    const pods = [
      pod("a", "new", false, { initContainerStatuses: [{ state: { terminated: words } }] }),
      pod("b", "new", false, { initContainerStatuses: [{ state: { waiting }, lastState: { terminated: words } }] }),
      pod("c", "new"),
    ];
    assert.deepEqual(
      rolloutState({ ...done(), pods }).waiting.map(({ reason }) => reason),
      ["Error, exit code 1: no room → free that disk", "CrashLoopBackOff: back-off 10s: no room → free that disk"],
    );
  });

  it("leaves out a node that is not Ready, with an old pod, a new one or none", () => {
    for (const onC of [[pod("c", "old", false)], [pod("c", "new", false)], []]) {
      const objects = {
        ...done(),
        pods: [pod("a", "new"), pod("b", "new"), ...onC],
        nodes: [node("a"), node("b"), node("c", false)],
      };
      const state = rolloutState(objects);
      assert.deepEqual([state.ready, state.waiting], [["a", "b"], []]);
      assert.deepEqual(state.down, onC.length === 0 ? [] : ["c"]);
    }
  });

  it("says when a node that is down keeps the others from being replaced", () => {
    const objects = {
      ...done(),
      pods: [pod("a", "old"), pod("b", "old"), pod("c", "old", false)],
      nodes: [node("a"), node("b"), node("c", false)],
    };
    assert.match(
      rolloutState(objects).stuck ?? "",
      /^c is not Ready and uses up maxUnavailable \(10% of 3 nodes is 1\)/,
    );
    const two = { ...objects.daemonSet, spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } } };
    assert.equal(rolloutState({ ...objects, daemonSet: two }).stuck, undefined);
  });

  it("waits for a node whose old pod is gone, and until the DaemonSet is observed", () => {
    assert.deepEqual(rolloutState({ ...done(), pods: [pod("a", "new"), pod("b", "new")] }).waiting, [
      { node: "c", reason: "no pod yet" },
    ]);
    const stale = { ...done().daemonSet, metadata: { name: "alloy", uid: "ds", generation: 4 } };
    assert.equal(rolloutState({ ...done(), daemonSet: stale }).waiting.length, 3);
  });

  it("takes no pod for one of its own that another DaemonSet made", () => {
    const foreign = { ...pod("a", "new"), metadata: { name: "x", labels: {}, ownerReferences: [] } };
    assert.deepEqual(rolloutState({ ...done(), pods: [foreign, pod("b", "new"), pod("c", "new")] }).ready, ["b", "c"]);
  });
});
