import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { nextDelay } from "../node-agent/backoff";
import { tailText } from "../node-agent/container-process";
import { moveListener } from "../node-agent/listen";
import type { Pod } from "../node-agent/pod-types";
import {
  afterAnswer,
  ask,
  initialState,
  probeInterval,
  probeTarget,
  runProbe,
  type ProbeKind,
} from "../node-agent/probe";
import { podStatus, restarts, type Condition, type ContainerRecord, type ContainerState } from "../node-agent/status";

const pod: Pod = {
  metadata: { name: "p", namespace: "n", uid: "u" },
  spec: { nodeName: "node-1", containers: [{ name: "alloy" }] },
};

const now = "2026-01-01T00:00:10Z";
const running: ContainerState = { running: { startedAt: "2026-01-01T00:00:00Z" } };
const waiting: ContainerState = { waiting: { reason: "ContainerCreating" } };
const ended = (exitCode: number): ContainerState => ({
  terminated: { exitCode, reason: "x", startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:05Z" },
});

function record(name: string, state: ContainerState, more: Partial<ContainerRecord> = {}): ContainerRecord {
  return { name, image: "i", state, restartCount: 0, started: false, ready: false, ...more };
}

function statusOf(init: ContainerRecord[], containers: ContainerRecord[], conditions: Condition[] = [], of = pod) {
  const times = { startTime: "2026-01-01T00:00:00Z", now };
  const status = podStatus({
    pod: of,
    init,
    containers,
    conditions,
    podIP: "127.0.0.1",
    hostIP: "127.0.0.1",
    ...times,
  });
  const all = status["conditions"] as Condition[];
  const condition = (type: string): Condition | undefined => all.find((candidate) => candidate.type === type);
  return { phase: status["phase"], condition, all };
}

describe("a pod's status", () => {
  it("is Pending while an init container runs, and says which containers are missing", () => {
    const { phase, condition } = statusOf([record("prepare", running)], [record("alloy", waiting)]);
    assert.equal(phase, "Pending");
    assert.equal(condition("Initialized")?.status, "False");
    assert.match(condition("Initialized")?.message ?? "", /\[prepare\]/);
    assert.match(condition("Ready")?.message ?? "", /unready status: \[alloy\]/);
  });

  it("is Running and not ready until the probe passes, then Ready", () => {
    const init = [record("prepare", ended(0), { ready: true })];
    const before = statusOf(init, [record("alloy", running)]);
    assert.deepEqual([before.phase, before.condition("Ready")?.status], ["Running", "False"]);
    const after = statusOf(init, [record("alloy", running, { ready: true })], before.all);
    assert.deepEqual([after.phase, after.condition("Ready")?.status], ["Running", "True"]);
    assert.equal(after.condition("ContainersReady")?.status, "True");
  });

  it("stays Running in a crash loop", () => {
    const backOff: ContainerState = { waiting: { reason: "CrashLoopBackOff" } };
    assert.equal(statusOf([], [record("alloy", backOff, { lastState: ended(1) })]).phase, "Running");
  });

  it("ends by the restart policy", () => {
    const never = { ...pod, spec: { ...pod.spec, restartPolicy: "Never" } };
    assert.equal(statusOf([], [record("alloy", ended(0))], [], never).phase, "Succeeded");
    assert.equal(statusOf([], [record("alloy", ended(1))], [], never).phase, "Failed");
    assert.equal(statusOf([record("prepare", ended(1))], [record("alloy", waiting)], [], never).phase, "Failed");
    assert.equal(statusOf([], [record("alloy", ended(0))]).phase, "Running");
    assert.deepEqual(
      [restarts(undefined, 0), restarts("OnFailure", 0), restarts("OnFailure", 1), restarts("Never", 1)],
      [true, false, true, false],
    );
  });

  it("keeps the time of a condition that did not change, and other writers' conditions", () => {
    const scheduled: Condition = { type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
    const old: Condition = { type: "Initialized", status: "True", lastTransitionTime: "2026-01-01T00:00:01Z" };
    const unready: Condition = { type: "Ready", status: "False", lastTransitionTime: "2026-01-01T00:00:02Z" };
    const ready = [record("alloy", running, { ready: true })];
    const { condition } = statusOf([], ready, [scheduled, old, unready]);
    assert.deepEqual(condition("PodScheduled"), scheduled);
    assert.equal(condition("Initialized")?.lastTransitionTime, "2026-01-01T00:00:01Z");
    assert.equal(condition("Ready")?.lastTransitionTime, now);
  });
});

describe("back-off", () => {
  it("restarts at once, then after 10 s, doubled up to 5 min", () => {
    let backoff = { failures: 0 };
    const delays: number[] = [];
    for (let restart = 0; restart < 8; restart += 1) {
      const next = nextDelay(backoff, 1000);
      delays.push(next.delayMs / 1000);
      backoff = next.backoff;
    }
    assert.deepEqual(delays, [0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it("forgives a container that ran for ten minutes", () => {
    assert.deepEqual(nextDelay({ failures: 6 }, 600_000), { delayMs: 0, backoff: { failures: 1 } });
    assert.equal(nextDelay({ failures: 6 }, 599_999).delayMs, 300_000);
  });
});

describe("probes", () => {
  const results = (kind: ProbeKind, answers: boolean[], probe = {}): (boolean | undefined)[] => {
    let state = initialState(kind);
    return answers.map((answer) => (state = afterAnswer(state, answer, probe)).result);
  };

  it("change their result by the thresholds", () => {
    assert.deepEqual(results("readiness", [false, true, false, false, true, false, false, false]), [
      ...[false, true, true, true, true, true, true, false],
    ]);
    assert.deepEqual(results("liveness", [false, false, false]), [true, true, false]);
    assert.deepEqual(results("startup", [false, false], { failureThreshold: 2 }), [undefined, false]);
    assert.deepEqual(results("readiness", [true, true], { successThreshold: 2 }), [false, true]);
  });

  it("ask an unready container every second, and keep the period where failures count", () => {
    const probe = { periodSeconds: 30 };
    assert.equal(probeInterval(probe, initialState("readiness"), "readiness"), 1000);
    assert.equal(probeInterval(probe, { ...initialState("readiness"), result: true }, "readiness"), 30_000);
    assert.equal(probeInterval(probe, initialState("liveness"), "liveness"), 30_000);
    assert.equal(probeInterval({}, initialState("startup"), "startup"), 10_000);
  });

  const container = { name: "alloy", ports: [{ name: "http-metrics", containerPort: 12345 }] };

  it("follow the moved listener, by name and by number", () => {
    const listener = moveListener(["--server.http.listen-addr=0.0.0.0:12345"], 40000);
    for (const port of ["http-metrics", 12345]) {
      const target = probeTarget({ httpGet: { path: "-/ready", port }, timeoutSeconds: 3 }, container, listener);
      assert.deepEqual([target.url, target.timeoutMs], ["http://127.0.0.1:40000/-/ready", 3000]);
    }
    assert.equal(probeTarget({ httpGet: { port: 8080 } }, container, listener).url, "http://127.0.0.1:8080/");
    assert.throws(() => probeTarget({ exec: { command: [] } }, container, listener), /other than httpGet/);
    assert.throws(() => probeTarget({ httpGet: { port: "none" } }, container, listener), /probe port none/);
  });

  it("fail where the container listens on its own loopback", async () => {
    const listener = moveListener(["--server.http.listen-addr=127.0.0.1:12345"], 40000);
    const target = probeTarget({ httpGet: { port: 12345 } }, container, listener);
    assert.match(String(await ask(target, new AbortController().signal)), /loopback only/);
  });

  describe("against a server", () => {
    let server: http.Server;
    let status = 200;
    let url = "";

    beforeEach(async () => {
      server = http.createServer((_request, response) => response.writeHead(status).end());
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    });

    afterEach(() => new Promise((resolve) => server.close(resolve)));

    const target = () => ({ url, headers: {}, timeoutMs: 1000, unreachable: undefined });

    it("take 200 to 399 for success and name what else they get", async () => {
      const { signal } = new AbortController();
      for (const [code, answer] of [
        [200, true],
        [302, true],
        [500, "HTTP status 500"],
        [404, "HTTP status 404"],
      ] as const) {
        status = code;
        assert.equal(await ask(target(), signal), answer);
      }
      await new Promise((resolve) => server.close(resolve));
      assert.match(String(await ask(target(), signal)), /ECONNREFUSED/);
    });

    it("tell each change of the result once and end with the container", async () => {
      const ending = new AbortController();
      const seen: boolean[] = [];
      status = 503;
      const probing = runProbe(
        "readiness",
        { periodSeconds: 0.01, failureThreshold: 1 },
        target(),
        {
          onResult: (passing) => {
            seen.push(passing);
            status = 503;
            if (seen.length === 2) ending.abort();
            return "go on";
          },
          onAnswer: (answer) => {
            if (answer !== true && seen.length === 0) status = 200;
          },
        },
        ending.signal,
      );
      await assert.rejects(probing, { name: "AbortError" });
      assert.deepEqual(seen, [true, false]);
    });
  });
});

describe("what a container said at its end", () => {
  it("is as much as a kubelet takes into a status: the end of it", () => {
    assert.equal(tailText(["first", "last"]), "first\nlast\n");
    const long = tailText(Array.from({ length: 80 }, (_unused, at) => `${at} ${"x".repeat(100)}`));
    assert.equal(long.length, 2048);
    assert.ok(long.endsWith(`79 ${"x".repeat(100)}\n`));
  });
});
