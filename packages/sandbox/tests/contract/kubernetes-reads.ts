import assert from "node:assert/strict";
import { at, CONFIG_MAP } from "./kubernetes-bench";
import type { KubernetesBench } from "./kubernetes-bench";
import { failure, Plugin, urn } from "./plugin-client";
import { pluginEnv } from "./support";

/** Reading what others made, and what the provider is told. */
export function reads(bench: KubernetesBench): void {
  describe("reading what others made", () => {
    it("reads a Namespace and a Service by id", async () => {
      const space = await bench.plugin.read(urn("kubernetes:core/v1:Namespace"), "kube-system");
      assert.equal(at(space.state, "metadata", "name"), "kube-system");
      const service = await bench.plugin.read(urn("kubernetes:core/v1:Service"), "default/kubernetes");
      assert.equal(at(service.state, "spec", "ports", 0, "name"), "https");
    });

    it("reads the PodMonitor definition, on which the program makes everything depend", async () => {
      const type = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";
      const { id, state } = await bench.plugin.read(urn(type), "podmonitors.monitoring.coreos.com");
      assert.equal(id, "podmonitors.monitoring.coreos.com");
      assert.equal(at(state, "spec", "names", "kind"), "PodMonitor");
    });

    it("answers no id for what is not there, which the engine turns into an error", async () => {
      const type = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";
      assert.equal((await bench.plugin.read(urn(type), "nothings.example.com")).id, "");
    });
  });

  describe("provider arguments", () => {
    it("supports previews and secrets", async () => {
      const fresh = await Plugin.start(bench.executable, pluginEnv(bench.home));
      try {
        const answer = await fresh.configure("kubernetes", { kubeconfig: bench.kubeconfig });
        assert.equal(answer.supportspreview, true);
        assert.equal(answer.acceptsecrets, true);
      } finally {
        fresh.stop();
      }
    });

    it("finds the kubeconfig in the environment when the argument is empty, so that no path enters the state", async () => {
      const ambient = await Plugin.start(bench.executable, pluginEnv(bench.home, { KUBECONFIG: bench.kubeconfig }));
      try {
        await ambient.configure("kubernetes", { kubeconfig: "" });
        assert.equal((await ambient.read(urn("kubernetes:core/v1:Namespace"), "default")).id, "default");
      } finally {
        ambient.stop();
      }
    });

    it("names a context that does not exist", async () => {
      const lost = await bench.start({ kubeconfig: bench.kubeconfig, context: "no-such-context" });
      try {
        const error = await failure(lost.create(urn(CONFIG_MAP), bench.configMap({})));
        assert.match(error.message, /context "no-such-context" does not exist/);
      } finally {
        lost.stop();
      }
    });

    it("replaces everything when another cluster is meant, and nothing when only the way to it changed", async () => {
      const text = bench.cluster.kubeconfig({});
      const elsewhere = bench.cluster.kubeconfig({ server: "https://elsewhere.example:6443" });
      assert.deepEqual((await bench.plugin.diffConfig({ kubeconfig: text }, { kubeconfig: text })).changed, false);
      assert.deepEqual((await bench.plugin.diffConfig({ kubeconfig: text }, { kubeconfig: `${text} ` })).replaces, []);
      assert.deepEqual((await bench.plugin.diffConfig({ kubeconfig: text }, { kubeconfig: elsewhere })).replaces, [
        "kubeconfig",
      ]);
      assert.deepEqual(
        (await bench.plugin.diffConfig({ context: "a", kubeconfig: "" }, { context: "b", kubeconfig: "" })).replaces,
        [],
      );
    });
  });
}
