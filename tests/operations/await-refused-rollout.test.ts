import assert from "node:assert/strict";

import { UserError } from "../../kit/user-error";
import { awaitRollout, tellCauses, withNodes, type RolloutPatience } from "../../operations/rollout/await-rollout";
import type { StackContext } from "../../operations/stack-context";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

const owner = { ownerReferences: [{ kind: "DaemonSet", name: "alloy", uid: "d" }] };
const hash = { labels: { "controller-revision-hash": "new" } };
const ready = { conditions: [{ type: "Ready", status: "True" }] };
const refused =
  'Error creating: pods "alloy-x" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "storage")';
const away =
  'Error creating: Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: Post "https://v.policies.svc:443/": context deadline exceeded';

const patience: RolloutPatience = { everyMs: 10, lastingMs: 60 };

describe("waiting for a rollout that is refused", () => {
  let fake: FakeCluster;
  let message: string;
  /** How often the controller was refused, and when it is not any more. */
  let count: () => number;
  let collectors: () => string[];
  let eventsStatus: number;
  let rehearsal: { status: number; body: object };
  let posted: Record<string, unknown>[];
  let said: string[];
  const consoleError = console.error;

  before(async () => {
    fake = await FakeCluster.start((method, { pathname }, body) => {
      if (method === "POST") {
        posted.push(body);
        return rehearsal;
      }
      if (pathname.endsWith("/daemonsets/alloy"))
        return {
          body: {
            metadata: { name: "alloy", uid: "d", generation: 1 },
            spec: { template: { metadata: { labels: { a: "b" } }, spec: { containers: [] } } },
            status: { observedGeneration: 1, desiredNumberScheduled: 2 },
          },
        };
      if (pathname.endsWith("/controllerrevisions"))
        return { body: { items: [{ metadata: { name: "r", ...owner, ...hash }, revision: 1 }] } };
      if (pathname.endsWith("/nodes"))
        return { body: { items: ["a", "b"].map((name) => ({ metadata: { name }, status: ready })) } };
      if (pathname.endsWith("/events")) {
        const event = { type: "Warning", reason: "FailedCreate", message, involvedObject: { uid: "d" } };
        const metadata = { name: "e", uid: "e" };
        return { status: eventsStatus, body: { items: [{ ...event, metadata, count: count() }] } };
      }
      const items = collectors().map((nodeName) => ({
        ...{ metadata: { name: `alloy-${nodeName}`, ...owner, ...hash }, spec: { nodeName }, status: ready },
      }));
      return { body: { items } };
    });
  });
  after(() => fake.stop());

  beforeEach(() => {
    message = refused;
    count = () => 1;
    collectors = () => [];
    eventsStatus = 200;
    rehearsal = { status: 403, body: { message: refused.replace("Error creating: ", "") } };
    posted = [];
    said = [];
    console.error = (text: string) => void said.push(text);
  });
  afterEach(() => {
    console.error = consoleError;
  });

  const contextWith = (timeout: string): StackContext =>
    ({
      ...{ stack: "test", file: "Pulumi.test.yaml", cluster: fake.client, place: { stackFile: "Pulumi.test.yaml" } },
      settings: settingsOf({ rollout: { await: "ready", timeout } }),
    }) as unknown as StackContext;

  const wait = (timeout = "5s"): Promise<string[]> => awaitRollout(contextWith(timeout), patience);

  it("says so at once, with how long it waits, and ends when a pod of the template is refused, too", async () => {
    const started = Date.now();
    await assert.rejects(
      wait(),
      /1 problem; everything is deployed, .*to wait longer would not help\.\n +Pulumi\.test\.yaml: alloy:namespace\n +Pod Security level baseline, .*\[a, b\]\n +→ have the namespace labelled/,
    );
    assert.ok(Date.now() - started < 4_000, "it has waited for the timeout");
    assert.match(
      said[1] ?? "",
      /^rollout: a, b: violates PodSecurity "baseline:latest": .*waiting ends 60ms from now unless it changes/,
    );
    assert.equal(said.filter((text) => text.includes("PodSecurity")).length, 1);
    const [pod] = posted;
    assert.deepEqual((pod?.["metadata"] as { labels: unknown }).labels, { a: "b" });
  });

  it("ends without trying one out if the controller was refused again", async () => {
    let looks = 0;
    count = () => ++looks;
    await assert.rejects(wait(), /Pod Security level baseline/);
    assert.deepEqual(posted, []);
  });

  it("goes on where such a pod would be admitted by now, and ends when the pods are there", async () => {
    rehearsal = { status: 201, body: {} };
    const started = Date.now();
    collectors = () => (Date.now() - started > 250 ? ["a", "b"] : []);
    assert.deepEqual(await wait(), []);
    assert.ok(posted.length > 0);
    assert.ok(posted.length > 1);
    assert.equal(said.filter((text) => text.includes("would be admitted by now")).length, 1);
  });

  it("goes on until the timeout where nobody may try one out, and has the cause in its report", async () => {
    rehearsal = { status: 403, body: { message: 'pods is forbidden: User "jane" cannot create resource "pods"' } };
    await assert.rejects(
      wait("1s"),
      /1 problem; everything is deployed, but not every collector is new\.\n[^]*Pod Security level/,
    );
  });

  it("waits for a webhook that is away until the timeout, since it may come back", async () => {
    message = away;
    let looks = 0;
    count = () => ++looks;
    await assert.rejects(wait("1s"), /the cluster: v\.example\.com\n[^]*kubectl -n policies get pods,endpoints/);
    assert.match(said[1] ?? "", /failed calling webhook "v\.example\.com": .*\(waiting for at most 1s\)$/);
  });

  it("names what it knows where events may not be read", async () => {
    eventsStatus = 403;
    await assert.rejects(
      wait("1s"),
      /these nodes are Ready and do not run the new collector: a \(no pod yet\), b \(no pod yet\)/,
    );
  });

  describe("by the engine itself, as with rollout.await: all", () => {
    it("is told of while the engine waits, until it has ended", async () => {
      const engine = new AbortController();
      const told = tellCauses(contextWith("10m"), engine.signal);
      await waitUntil("the cause is told", () => Promise.resolve(said.length > 0), { timeoutMs: 5_000 });
      engine.abort();
      await told;
      assert.deepEqual(said, [
        'rollout: a, b: violates PodSecurity "baseline:latest": hostPath volumes (volume "storage") (waiting for at most 10m)',
      ]);
    });

    it("has the cause in the engine's own error, and no other error is changed", async () => {
      const problem = {
        file: "f",
        key: "alloy:rollout.timeout",
        problem: "not every node (timed out)",
        remedy: "wait",
      };
      const error = await withNodes(new UserError([problem], "it stays"), contextWith("10m"));
      assert.match(
        (error as Error).message,
        /^1 problem; it stays\.\n +Pulumi\.test\.yaml: alloy:namespace\n +Pod Security level baseline, .*\[a, b\]/,
      );
      message = "Error creating: a plugin that nobody knows";
      assert.match(
        ((await withNodes(new UserError([problem]), contextWith("10m"))) as Error).message,
        /not every node \(timed out\): a \(a plugin that nobody knows\), b \(a plugin/,
      );
      const other = new Error("other");
      assert.equal(await withNodes(other, contextWith("10m")), other);
    });
  });
});
