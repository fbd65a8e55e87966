import assert from "node:assert/strict";
import type { PropertyMap, Value } from "../../stand-ins/values";
import { reveal } from "../../stand-ins/values";
import { CONFIG_MAP, DAEMON_SET, live, until } from "./kubernetes-bench";
import type { KubernetesBench } from "./kubernetes-bench";
import { KINDS, withName } from "./kubernetes-kinds";
import { failure, urn } from "./plugin-client";

/** Waiting for a rollout, and fields that are left to others. */
export function rollouts(bench: KubernetesBench): void {
  describe("DaemonSet rollouts", () => {
    /** Asks for more than any node has: the pods exist and stay pending. */
    function unschedulable(name: string, set: Record<string, Value> = {}): PropertyMap {
      const inputs = KINDS.find((kind) => kind.type === DAEMON_SET)?.inputs ?? {};
      return withName(inputs, name, bench.prefix, {
        "spec.selector.matchLabels": { app: name },
        "spec.template.metadata.labels": { app: name },
        "spec.template.spec": {
          containers: [
            { name: "pause", image: "registry.k8s.io/pause:3.10", resources: { requests: { cpu: "100000" } } },
          ],
          tolerations: [{ operator: "Exists" }],
        },
        ...set,
      });
    }

    it("times out with the reason and keeps the object in the state, so that the next update goes on with it", async () => {
      const inputs = await bench.checked(DAEMON_SET, unschedulable(`${bench.prefix}-stuck`));
      const started = Date.now();
      const error = await failure(bench.plugin.create(urn(DAEMON_SET), inputs, { timeout: 4 }));
      assert.ok(Date.now() - started < 20_000, "the timeout of customTimeouts was not kept");
      assert.match(
        error.message,
        /was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: timed out waiting for the condition/,
      );
      assert.equal(error.initFailed?.id, `${bench.prefix}/${bench.prefix}-stuck`);
      assert.ok(error.initFailed?.state["__inputs"] !== undefined);
      if (bench.standIn) {
        // The official plugin shows the pods' reasons only while it waits.
        assert.match(error.initFailed.reasons.join("\n"), /\[Pod .*-stuck-.*\]: .*Insufficient cpu/);
      }
      await bench.plugin.delete(urn(DAEMON_SET), error.initFailed.id, error.initFailed.state);
    });

    it("does not wait where pulumi.com/skipAwait says so", async () => {
      const inputs = await bench.checked(
        DAEMON_SET,
        unschedulable(`${bench.prefix}-hasty`, { "metadata.annotations": { "pulumi.com/skipAwait": "true" } }),
      );
      const started = Date.now();
      const { id, state } = await bench.plugin.create(urn(DAEMON_SET), inputs);
      assert.ok(Date.now() - started < 5_000);
      await bench.plugin.delete(urn(DAEMON_SET), id, state);
    });

    it("ends at once when the engine cancels, with the object in the state", async () => {
      const doomed = await bench.start({ kubeconfig: bench.kubeconfig });
      try {
        const inputs = await bench.checked(DAEMON_SET, unschedulable(`${bench.prefix}-cancelled`));
        const creating = failure(doomed.create(urn(DAEMON_SET), inputs, { timeout: 120 }));
        await until(async () => (await bench.find(inputs)) !== undefined);
        await new Promise((resolve) => setTimeout(resolve, 500));
        const started = Date.now();
        await doomed.cancel();
        const error = await creating;
        assert.ok(Date.now() - started < 5_000);
        assert.equal(error.initFailed?.id, `${bench.prefix}/${bench.prefix}-cancelled`);
        await bench.plugin.delete(urn(DAEMON_SET), error.initFailed.id, error.initFailed.state);
      } finally {
        doomed.stop();
      }
    });

    it("reports a rollout that is stuck when it is refreshed", async () => {
      const inputs = await bench.checked(DAEMON_SET, unschedulable(`${bench.prefix}-refreshed`));
      const { initFailed } = await failure(bench.plugin.create(urn(DAEMON_SET), inputs, { timeout: 2 }));
      assert.ok(initFailed !== undefined);
      const error = await failure(bench.plugin.read(urn(DAEMON_SET), initFailed.id, initFailed.state, inputs));
      assert.match(error.message, /was created but failed to initialize/);
      assert.equal(error.initFailed?.id, initFailed.id);
      await bench.plugin.delete(urn(DAEMON_SET), initFailed.id, initFailed.state);
    });
  });

  describe("ignoreChanges", () => {
    it("leaves an ignored difference out of the diff", async () => {
      const inputs = await bench.checked(
        CONFIG_MAP,
        withName(bench.configMap({ a: "1" }), `${bench.prefix}-ignored`, bench.prefix),
      );
      const { id, state } = await bench.mutable.create(urn(CONFIG_MAP), inputs);
      const news = { ...inputs, data: { a: "2" } };
      assert.equal((await bench.mutable.diff(urn(CONFIG_MAP), id, state, inputs, news, ["data.a"])).changed, false);
      assert.equal((await bench.mutable.diff(urn(CONFIG_MAP), id, state, inputs, news, ["data"])).changed, false);
      await bench.mutable.delete(urn(CONFIG_MAP), id, state);
    });

    it("keeps the cluster's value when something else is updated", async () => {
      const inputs = await bench.checked(
        CONFIG_MAP,
        withName(bench.configMap({ a: "1", b: "1" }), `${bench.prefix}-kept`, bench.prefix),
      );
      const { id, state } = await bench.mutable.create(urn(CONFIG_MAP), inputs);
      await bench.cluster.take(live(withName(bench.configMap({ a: "theirs" }), `${bench.prefix}-kept`, bench.prefix)));
      const news = { ...inputs, data: { a: "1", b: "2" } };
      const after = await bench.mutable.update(urn(CONFIG_MAP), id, state, inputs, news, { ignoreChanges: ["data.a"] });
      assert.deepEqual(reveal(after["data"] ?? null), { a: "theirs", b: "2" });
      await bench.mutable.delete(urn(CONFIG_MAP), id, after);
    });
  });
}
