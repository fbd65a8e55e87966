import assert from "node:assert/strict";

import type { KubeObject } from "../../operations/cluster/kubernetes-client";
import { causesOf, isHopeless, nodesText, problemsOf } from "../../operations/rollout/causes";
import type { KubeEvent } from "../../operations/rollout/events";
import { schedulerReason } from "../../operations/rollout/pod-reason";
import { rolloutState, type RolloutObjects } from "../../operations/rollout/state";

const place = { stackFile: "Pulumi.test.yaml" };
const ready = (held: boolean) => ({ conditions: [{ type: "Ready", status: held ? "True" : "False" }] });
const node = (name: string, up = true): KubeObject => ({ metadata: { name }, status: ready(up) });
const ownerReferences = [{ kind: "DaemonSet", name: "alloy", uid: "ds" }];
const labels = { "controller-revision-hash": "new" };
const made = "2026-01-01T10:00:00Z";

const pod = (name: string, spec: object, status: object = {}): KubeObject => ({
  ...{ metadata: { name, uid: `uid-${name}`, labels, ownerReferences } },
  ...{ spec, status: { ...ready(false), ...status } },
});

const event = (uid: string, reason: string, message: string, more: object = {}): KubeEvent => ({
  ...{ metadata: { name: `${uid}.1`, uid: `event-${uid}` }, type: "Warning", reason, message, count: 3 },
  ...{ involvedObject: { uid }, lastTimestamp: "2026-01-01T10:00:05Z", ...more },
});

/** Three nodes and no pod yet. */
const begun = (more: Partial<RolloutObjects> = {}): RolloutObjects => ({
  daemonSet: {
    metadata: { name: "alloy", uid: "ds", generation: 1 },
    spec: {},
    status: { observedGeneration: 1, desiredNumberScheduled: 3 },
  },
  revisions: [{ metadata: { name: "r", labels, ownerReferences, creationTimestamp: made }, revision: 1 }],
  ...{ pods: [], nodes: [node("a"), node("b"), node("c")], ...more },
});

const quota =
  "Error creating: insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]";
const baseline =
  'Error creating: pods "alloy-x7k2p" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "storage")';

describe("why a rollout waits: the DaemonSet's own events", () => {
  it("are the reason of each node without a pod, and explained once for all of them", () => {
    const { waiting } = rolloutState(begun({ events: [event("ds", "FailedCreate", quota)] }));
    assert.deepEqual(
      waiting.map(({ node: name }) => name),
      ["a", "b", "c"],
    );
    const causes = causesOf({ waiting }, place);
    assert.deepEqual(
      problemsOf(causes).map(({ key, problem }) => [key, /\[a, b, c\]$/.test(problem)]),
      [["alloy:pod.priorityClassName", true]],
    );
    assert.ok(isHopeless(causes));
  });

  it("read the same whichever pod they are about, and show when there was another one", () => {
    const stateWith = (message: string, count: number) =>
      rolloutState(begun({ events: [event("ds", "FailedCreate", message, { count })] })).waiting[0];
    const first = stateWith(baseline, 3);
    const second = stateWith(`(combined from similar events): ${baseline.replace("x7k2p", "9zzzz")}`, 4);
    assert.equal(first?.reason, second?.reason);
    assert.match(first?.reason ?? "", /^violates PodSecurity/);
    assert.notEqual(first?.refusal, second?.refusal);
  });

  it("count only if they are newer than the pod template, and warnings", () => {
    for (const more of [
      { lastTimestamp: "2026-01-01T09:59:00Z" },
      { type: "Normal" },
      { involvedObject: { uid: "x" } },
    ]) {
      const { waiting } = rolloutState(begun({ events: [event("ds", "FailedCreate", quota, more)] }));
      assert.deepEqual([...new Set(waiting.map(({ reason }) => reason))], ["no pod yet"]);
    }
    const series = { lastTimestamp: null, series: { count: 2, lastObservedTime: "2026-01-01T10:00:01.123456Z" } };
    const { waiting } = rolloutState(begun({ events: [event("ds", "FailedCreate", quota, series)] }));
    assert.match(waiting[0]?.reason ?? "", /^insufficient quota/);
  });

  it("are told of a DaemonSet whose controller has never written a status (kubernetes issue 100683)", () => {
    const { daemonSet } = begun();
    const objects = begun({ daemonSet: { ...daemonSet, status: {} }, events: [event("ds", "FailedCreate", baseline)] });
    const { waiting } = rolloutState(objects);
    assert.deepEqual(
      waiting.map(({ node: name }) => name),
      ["all nodes"],
    );
    assert.equal(problemsOf(causesOf({ waiting }, place))[0]?.key, "alloy:namespace");
  });

  it("are counted where nobody can say which nodes lack a pod", () => {
    const nodes = ["a", "b", "c", "d"].map((name) => node(name));
    assert.deepEqual(
      rolloutState(begun({ nodes, pods: [pod("x", { nodeName: "a" }), pod("y", { nodeName: "b" })] })).waiting.at(-1),
      { node: "1 node more", reason: "no pod yet" },
    );
  });
});

describe("why a rollout waits: a pod", () => {
  const full =
    "0/2 nodes are available: 1 Insufficient cpu. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod.";
  const pending = (message: string) => ({ conditions: [{ type: "PodScheduled", status: "False", message }] });
  const forNode = (name: string) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }],
        },
      },
    },
  });
  const waitingOf = (pods: KubeObject[], events: KubeEvent[] = []) =>
    rolloutState(begun({ pods, events })).waiting.map(({ node: name, reason }) => `${name}: ${reason}`);

  it("without a node is that of the node that its affinity names", () => {
    assert.deepEqual(waitingOf([pod("x", forNode("b"), pending(full))]), [
      "b: Insufficient cpu",
      "a: no pod yet",
      "c: no pod yet",
    ]);
  });

  it("that names none belongs to the only node without a pod, or is named itself", () => {
    const onTwo = ["a", "b"].map((name) => pod(name, { nodeName: name }));
    const fargate = "Pod not supported on Fargate: fields not supported: volumes hostPath.";
    assert.equal(
      waitingOf([...onTwo, pod("x", {})], [event("uid-x", "FailedScheduling", fargate)]).at(-1),
      `c: ${fargate}`,
    );
    const onOne = onTwo.slice(0, 1);
    assert.deepEqual(waitingOf([...onOne, pod("x", {}, pending(full)), pod("y", {})]).slice(1), [
      "pod x: Insufficient cpu",
      "pod y: no node yet",
    ]);
  });

  it("that the kubelet refused has the kubelet's words, and one that is being made those of its events", () => {
    const rejected = { phase: "Failed", reason: "OutOfcpu", message: "Node didn't have enough resource: cpu" };
    const creating = { containerStatuses: [{ state: { waiting: { reason: "ContainerCreating" } } }] };
    const mount = 'MountVolume.SetUp failed for volume "credentials" : secret "alloy-credentials" not found';
    const found = waitingOf(
      [
        pod("x", { nodeName: "a" }, rejected),
        pod("y", { nodeName: "b" }, creating),
        pod("z", { nodeName: "c" }, creating),
      ],
      [
        event("uid-y", "FailedMount", mount),
        event("uid-z", "Unhealthy", "Readiness probe failed: 503"),
        event("uid-y", "FailedMount", "older", { lastTimestamp: "2026-01-01T10:00:01Z" }),
      ],
    );
    assert.deepEqual(found, [
      "a: OutOfcpu: Node didn't have enough resource: cpu",
      `b: FailedMount: ${mount}`,
      "c: the new collector is not ready",
    ]);
  });

  it("of another processor has the kernel's own words", () => {
    const words = { reason: "Error", exitCode: 255, message: "exec /bin/sh: exec format error\n" };
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 40s restarting failed container=prepare-storage" };
    const status = { initContainerStatuses: [{ state: { waiting }, lastState: { terminated: words } }] };
    const state = rolloutState(begun({ pods: [pod("x", { nodeName: "a" }, status)], nodes: [node("a")] }));
    assert.match(
      state.waiting[0]?.reason ?? "",
      /^CrashLoopBackOff: back-off 40s .*: exec \/bin\/sh: exec format error$/,
    );
    assert.equal(problemsOf(causesOf(state, place))[0]?.key, "alloy:image");
  });

  it("that was killed for its memory says so", () => {
    const status = {
      containerStatuses: [
        {
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } },
        },
      ],
    };
    assert.equal(waitingOf([pod("x", { nodeName: "a" }, status)])[0], "a: CrashLoopBackOff: OOMKilled");
  });
});

describe("a scheduler's sentence", () => {
  const expected: Record<string, string> = {
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.":
      "Insufficient cpu",
    "0/5 nodes are available: 1 Insufficient memory, 1 Too many pods, 4 node(s) didn't satisfy plugin(s) [NodeAffinity].":
      "Insufficient memory, Too many pods",
    "0/2 nodes are available: 1 node(s) had untolerated taint {a.example.com/b: c}, 1 node(s) didn't match Pod's node affinity/selector.":
      "node(s) had untolerated taint {a.example.com/b: c}",
    "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.":
      "node(s) didn't match Pod's node affinity/selector",
    "Pod not supported on Fargate: volumes not supported: storage":
      "Pod not supported on Fargate: volumes not supported: storage",
  };
  for (const [message, own] of Object.entries(expected)) it(own, () => assert.equal(schedulerReason(message), own));
});

describe("whether waiting is of use", () => {
  const lasting = { node: "a", reason: baseline };
  const passing = { node: "b", reason: "Insufficient cpu" };
  const cases: [name: string, waiting: { node: string; reason: string }[], hopeless: boolean][] = [
    ["nothing is waited for", [], false],
    ["one node for a cause that lasts", [lasting], true],
    ["and another for one that may pass", [lasting, passing], false],
    ["and the others for the first", [lasting, { node: "c", reason: "the old collector runs" }], true],
    ["and another for a reason that nobody knows", [lasting, { node: "c", reason: "CrashLoopBackOff" }], false],
    ["only for old collectors", [{ node: "c", reason: "the old collector runs" }], false],
  ];
  for (const [name, waiting, hopeless] of cases)
    it(name, () => assert.equal(isHopeless(causesOf({ waiting }, place)), hopeless));

  it("names as many nodes as a person reads", () => {
    assert.equal(
      nodesText(Array.from({ length: 12 }, (_, at) => `n${at}`)),
      "n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more",
    );
  });
});
