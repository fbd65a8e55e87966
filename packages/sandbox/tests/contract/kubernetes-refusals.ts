import assert from "node:assert/strict";
import type { PropertyMap } from "../../stand-ins/values";
import { at, CONFIG_MAP, live } from "./kubernetes-bench";
import type { KubernetesBench } from "./kubernetes-bench";
import { KINDS, withName } from "./kubernetes-kinds";
import { failure, type Plugin, urn } from "./plugin-client";
import { closedPort } from "./support";

/** What the server refuses, and a server that is not all there. */
export function refusals(bench: KubernetesBench): void {
  describe("refusals", () => {
    it("refuses to create what exists, instead of taking it over", async () => {
      const inputs = await bench.checked(
        CONFIG_MAP,
        withName(bench.configMap({}), `${bench.prefix}-taken`, bench.prefix),
      );
      await bench.cluster.create(live(inputs));
      const error = await failure(bench.plugin.create(urn(CONFIG_MAP), inputs));
      assert.match(
        error.message,
        new RegExp(
          `was not successfully created by the Kubernetes API server.*"${bench.prefix}-taken" already exists`,
          "s",
        ),
      );
      assert.equal(error.initFailed, undefined, "the foreign object was taken into the state");
    });

    it("says that the namespace is missing, after it waited for it to come", async () => {
      const inputs = await bench.checked(
        CONFIG_MAP,
        withName(bench.configMap({}), bench.prefix, `${bench.prefix}-absent`),
      );
      const error = await failure(bench.plugin.create(urn(CONFIG_MAP), inputs));
      assert.match(error.message, new RegExp(`namespaces "${bench.prefix}-absent" not found`));
    });

    it("lets a preview pass of what is forbidden at `up`, as the official plugin does", async () => {
      const inputs = await bench.checked(CONFIG_MAP, bench.configMap({}));
      assert.equal((await bench.nobody.create(urn(CONFIG_MAP), inputs, { preview: true })).id, "");
    });

    it("says at `up` what is forbidden, and to whom", async () => {
      const inputs = await bench.checked(CONFIG_MAP, bench.configMap({}));
      const error = await failure(bench.nobody.create(urn(CONFIG_MAP), inputs));
      assert.match(
        error.message,
        /configmaps is forbidden: User "contract-nobody" cannot create resource "configmaps"/,
      );
    });

    it("says who else owns a field, and changes nothing", async () => {
      const inputs = await bench.checked(
        CONFIG_MAP,
        withName(bench.configMap({ a: "1" }), `${bench.prefix}-shared`, bench.prefix),
      );
      const { id, state } = await bench.mutable.create(urn(CONFIG_MAP), inputs);
      await bench.cluster.take(
        live(withName(bench.configMap({ a: "theirs" }), `${bench.prefix}-shared`, bench.prefix)),
      );
      const error = await failure(
        bench.mutable.update(urn(CONFIG_MAP), id, state, inputs, { ...inputs, data: { a: "2" } }),
      );
      assert.match(error.message, /Server-Side Apply field conflict detected/);
      assert.match(error.message, /Apply failed with 1 conflict: conflict with "somebody-else".*\.data\.a/s);
      assert.equal(at(await bench.find(inputs), "data", "a"), "theirs");
      await bench.mutable.delete(urn(CONFIG_MAP), id, state);
    });

    it("takes a field back by force where the annotation asks for it", async () => {
      const inputs = await bench.checked(
        CONFIG_MAP,
        withName(bench.configMap({ a: "1" }), `${bench.prefix}-forced`, bench.prefix, {
          "metadata.annotations": { "pulumi.com/patchForce": "true" },
        }),
      );
      const { id, state } = await bench.mutable.create(urn(CONFIG_MAP), inputs);
      await bench.cluster.take(
        live(withName(bench.configMap({ a: "theirs" }), `${bench.prefix}-forced`, bench.prefix)),
      );
      const after = await bench.mutable.update(urn(CONFIG_MAP), id, state, inputs, { ...inputs, data: { a: "2" } });
      assert.equal(at(after, "data", "a"), "2");
      await bench.mutable.delete(urn(CONFIG_MAP), id, after);
    });

    it("refuses types that it does not implement", async () => {
      const type = "kubernetes:helm.sh/v3:Release";
      const error = await failure(bench.plugin.check(urn(type), {}));
      assert.equal(error.message, `${type} is not supported by the stand-in plugin`);
    });

    it("prints no stacks", () => {
      assert.doesNotMatch([...bench.plugin.output, ...bench.mutable.output].join(""), /\n\s+at /);
    });
  });

  describe("a kind whose CustomResourceDefinition is missing", () => {
    const type = "kubernetes:monitoring.coreos.com/v1:PodMonitor";
    let proxy: { url: string; stop: () => void };
    let blind: Plugin;

    before(async () => {
      proxy = await bench.cluster.withoutGroup("monitoring.coreos.com");
      blind = await bench.start({ kubeconfig: bench.cluster.kubeconfig({ server: proxy.url }) });
    });
    after(() => {
      blind?.stop();
      proxy?.stop();
    });

    const inputs = (): PropertyMap =>
      withName(KINDS.find((kind) => kind.type === type)?.inputs ?? {}, `${bench.prefix}-kindless`, bench.prefix);

    it("previews green: the definition may come with the same update", async () => {
      assert.equal(
        (await blind.create(urn(type), (await blind.check(urn(type), inputs())).inputs, { preview: true })).id,
        "",
      );
    });

    it("fails at `up` and names the missing kind", async () => {
      const error = await failure(blind.create(urn(type), (await blind.check(urn(type), inputs())).inputs));
      assert.match(
        error.message,
        /with kind monitoring\.coreos\.com\/v1\/PodMonitor failed because the Kubernetes API server/,
      );
      assert.match(error.message, /no matches for kind "PodMonitor" in version "monitoring\.coreos\.com\/v1"/);
    });

    it("takes an object of it for gone, so that destroy works after the definition was removed", async () => {
      assert.equal((await blind.read(urn(type), `${bench.prefix}/x`, live(inputs()) as PropertyMap, inputs())).id, "");
      await blind.delete(urn(type), `${bench.prefix}/x`, live(inputs()) as PropertyMap);
    });
  });

  describe("a server that is away", () => {
    let away: Plugin;
    let address: string;

    before(async () => {
      address = `127.0.0.1:${await closedPort()}`;
      away = await bench.start({ kubeconfig: bench.cluster.kubeconfig({ server: `https://${address}` }) });
    });
    after(() => away?.stop());

    it("previews green [measured with 4.34.2]: whoever reads first is the one who notices", async () => {
      const inputs = (await away.check(urn(CONFIG_MAP), bench.configMap({}))).inputs;
      assert.equal((await away.create(urn(CONFIG_MAP), inputs, { preview: true })).id, "");
    });

    it("fails at `up` with the address and the system's reason", async () => {
      const error = await failure(away.create(urn(CONFIG_MAP), bench.configMap({})));
      assert.match(error.message, /^configured Kubernetes cluster is unreachable: unable to load schema information/);
      assert.ok(error.message.includes(`dial tcp ${address}: connect: connection refused`), error.message);
    });

    it("fails a read, which is how the program finds out at preview", async () => {
      const error = await failure(away.read(urn(CONFIG_MAP), `${bench.prefix}/x`));
      assert.match(error.message, /^failed to read resource state due to unreachable cluster/);
    });

    it("fails a delete, unless told that the cluster is gone for good", async () => {
      const error = await failure(away.delete(urn(CONFIG_MAP), `${bench.prefix}/x`, bench.configMap({})));
      assert.match(error.message, /PULUMI_K8S_DELETE_UNREACHABLE/);
      const resigned = await bench.start({
        kubeconfig: bench.cluster.kubeconfig({ server: `https://${address}` }),
        deleteUnreachable: "true",
      });
      try {
        await resigned.delete(urn(CONFIG_MAP), `${bench.prefix}/x`, bench.configMap({}));
      } finally {
        resigned.stop();
      }
    });
  });
}
