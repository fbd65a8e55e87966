import assert from "node:assert/strict";
import type { PropertyMap } from "../../stand-ins/values";
import { containsSecret, containsUnknown, Secret, UNKNOWN } from "../../stand-ins/values";
import { at, CONFIG_MAP, DAEMON_SET, live } from "./kubernetes-bench";
import type { KubernetesBench } from "./kubernetes-bench";
import { withName } from "./kubernetes-kinds";
import { failure, urn } from "./plugin-client";
import { withoutSecrets } from "./support";

/** What a preview shows, and what names and secrets become on the way. */
export function previews(bench: KubernetesBench): void {
  describe("preview", () => {
    it("shows unknown inputs as unknown, since a dry run with them would say nothing", async () => {
      const inputs = bench.configMap({ value: UNKNOWN });
      const { id, state } = await bench.plugin.create(urn(CONFIG_MAP), await bench.checked(CONFIG_MAP, inputs), {
        preview: true,
      });
      assert.equal(id, "");
      assert.ok(containsUnknown(at(state, "data", "value")), "the unknown value became known");
      assert.equal(await bench.cluster.find(live(inputs)), undefined, "a preview made the object");
    });

    it("is green where the namespace does not exist yet: the same update makes it first", async () => {
      const inputs = withName(bench.configMap({}), `${bench.prefix}-later`, `${bench.prefix}-later`);
      const { id, state } = await bench.plugin.create(urn(CONFIG_MAP), await bench.checked(CONFIG_MAP, inputs), {
        preview: true,
      });
      assert.equal(id, "");
      assert.equal(at(state, "metadata", "namespace"), `${bench.prefix}-later`);
    });

    it("is green where the object exists already, as with the official plugin: only `up` can tell", async () => {
      const inputs = withName(bench.configMap({}), `${bench.prefix}-there`, bench.prefix);
      await bench.cluster.create(live(inputs));
      const { id } = await bench.plugin.create(urn(CONFIG_MAP), await bench.checked(CONFIG_MAP, inputs), {
        preview: true,
      });
      assert.equal(id, "");
    });

    it("is red where the server refuses the object: the person sees it before anything is deployed", async () => {
      const inputs = await bench.checked(DAEMON_SET, bench.brokenDaemonSet());
      const error = await failure(bench.plugin.create(urn(DAEMON_SET), inputs, { preview: true }));
      assert.match(error.message, /is invalid: spec\.template\.metadata\.labels: Invalid value/);
    });

    it("keeps what only the server can say unknown, so that what is derived from it does not vanish", async () => {
      const { state } = await bench.plugin.create(
        urn(CONFIG_MAP),
        await bench.checked(CONFIG_MAP, bench.configMap({})),
        {
          preview: true,
        },
      );
      for (const field of ["uid", "resourceVersion", "creationTimestamp"]) {
        assert.ok(containsUnknown(at(state, "metadata", field)), `metadata.${field} is known`);
      }
    });

    it("of an update with unknowns keeps the object's identity", async () => {
      const inputs = await bench.checked(CONFIG_MAP, bench.configMap({ a: "1" }));
      const { id, state } = await bench.plugin.create(urn(CONFIG_MAP), inputs);
      const news = { ...inputs, data: { a: UNKNOWN } };
      const shown = await bench.mutable.update(urn(CONFIG_MAP), id, state, inputs, news, { preview: true });
      assert.ok(containsUnknown(at(shown, "data", "a")));
      assert.equal(at(await bench.find(inputs), "data", "a"), "1", "a preview changed the object");
    });

    it("previews an update with the server's defaults and changes nothing", async () => {
      const inputs = await bench.checked(CONFIG_MAP, bench.configMap({ a: "1" }));
      const { id, state } = await bench.plugin.create(urn(CONFIG_MAP), inputs);
      const shown = await bench.mutable.update(
        urn(CONFIG_MAP),
        id,
        state,
        inputs,
        { ...inputs, data: { a: "2" } },
        { preview: true },
      );
      assert.equal(at(shown, "data", "a"), "2");
      assert.equal(at(shown, "metadata", "uid"), at(state, "metadata", "uid"));
      assert.equal(at(await bench.find(inputs), "data", "a"), "1", "a preview changed the object");
    });
  });

  describe("names", () => {
    it("makes up metadata.name from the logical name and keeps it at the next update", async () => {
      const { name: _name, ...rest } = bench.configMap({})["metadata"] as PropertyMap;
      const first = await bench.plugin.check(urn(CONFIG_MAP, "settings"), { ...bench.configMap({}), metadata: rest });
      const name = at(first.inputs, "metadata", "name");
      assert.match(String(name), /^settings-[a-z0-9]{8}$/);
      const second = await bench.plugin.check(
        urn(CONFIG_MAP, "settings"),
        { ...bench.configMap({}), metadata: rest },
        first.inputs,
      );
      assert.equal(at(second.inputs, "metadata", "name"), name);
    });

    it("replaces an object with a made-up name without deleting first, for there is room for both", async () => {
      const { name: _name, ...rest } = bench.configMap({})["metadata"] as PropertyMap;
      const inputs = await bench.checked(CONFIG_MAP, { ...bench.configMap({ a: "1" }), metadata: rest });
      const { id, state } = await bench.plugin.create(urn(CONFIG_MAP), inputs);
      const diff = await bench.plugin.diff(urn(CONFIG_MAP), id, state, inputs, { ...inputs, data: { a: "2" } });
      assert.deepEqual(diff.replaces, ["data.a"]);
      assert.equal(diff.deleteBeforeReplace, false);
      await bench.plugin.delete(urn(CONFIG_MAP), id, state);
    });

    it("puts objects without a namespace into the context's, which is `default` here", async () => {
      const inputs = await bench.checked("kubernetes:core/v1:ServiceAccount", {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: bench.prefix },
      });
      assert.equal(at(inputs, "metadata", "namespace"), "default");
    });
  });

  describe("secrets", () => {
    it("keeps a secret input secret in the state, wherever it stands", async () => {
      const inputs = await bench.checked(CONFIG_MAP, bench.configMap({ token: new Secret("hunter2-hunter2") }));
      const { id, state } = await bench.plugin.create(urn(CONFIG_MAP), inputs);
      assert.ok(containsSecret(state["data"]), "data.token is plain in the state");
      assert.ok(!JSON.stringify(withoutSecrets(state)).includes("hunter2"), "the value is somewhere in the open");
      await bench.plugin.delete(urn(CONFIG_MAP), id, state);
    });

    it("treats a Secret's data as secret even where the program forgot to", async () => {
      const inputs = await bench.checked("kubernetes:core/v1:Secret", {
        ...withName({ apiVersion: "v1", kind: "Secret" }, `${bench.prefix}-plain`, bench.prefix),
        data: { password: Buffer.from("plain-in-program").toString("base64") },
      });
      const { id, state } = await bench.plugin.create(urn("kubernetes:core/v1:Secret"), inputs);
      assert.ok(state["data"] instanceof Secret);
      await bench.plugin.delete(urn("kubernetes:core/v1:Secret"), id, state);
    });

    it("never quotes a secret in an error", async () => {
      const inputs = withName(bench.configMap({}), `${bench.prefix}-bad-label`, bench.prefix, {
        "metadata.labels": { tenant: new Secret("not a label value!") },
      });
      const error = await failure(bench.plugin.create(urn(CONFIG_MAP), inputs));
      assert.match(error.message, /metadata\.labels: Invalid value: "\[secret\]"/);
    });
  });
}
