import assert from "node:assert/strict";
import { serve } from "../stand-ins/framework";
import { kubernetesProvider } from "../stand-ins/kubernetes";
import type { Provider, ProviderFactory } from "../stand-ins/provider";
import { InitFailedError } from "../stand-ins/provider";
import { randomProvider } from "../stand-ins/random";
import type { PropertyMap } from "../stand-ins/values";
import { containsUnknown, Secret, UNKNOWN } from "../stand-ins/values";
import { vaultProvider } from "../stand-ins/vault";
import { failure, Plugin, urn } from "./contract/plugin-client";

const TYPE = "fake:index:Thing";

/** A provider whose resources live in a map; what it is asked is kept for the tests. */
function fake(): { provider: Provider; asked: Record<string, unknown>[]; store: Map<string, PropertyMap> } {
  const asked: Record<string, unknown>[] = [];
  const store = new Map<string, PropertyMap>();
  const provider: Provider = {
    name: "fake",
    version: "1.2.3",
    supports: (token) => token === TYPE || token === "fake:index:ask",
    checkConfig: (news) => (news["bad"] === undefined ? [] : [{ property: "bad", reason: "is bad" }]),
    diffConfig: () => ({ changes: new Map(), deleteBeforeReplace: false }),
    configure: (args) => {
      asked.push({ configure: args });
      return Promise.resolve();
    },
    check: ({ news, autonaming, type, name }) => {
      asked.push({ type, name, autonaming });
      return Promise.resolve({ inputs: { ...news, checked: true }, failures: [{ property: "a", reason: "why" }] });
    },
    diff: () =>
      Promise.resolve({
        changes: new Map([
          ["a.b", { kind: "add" as const, replace: true }],
          ["c", { kind: "delete" as const, replace: false }],
        ]),
        deleteBeforeReplace: true,
      }),
    create: ({ inputs, preview, timeout }) => {
      asked.push({ preview, timeout });
      if (inputs["stuck"] === true) throw new InitFailedError("not ready", "id-1", { half: "made" }, ["pod pending"]);
      if (inputs["refused"] !== undefined) throw new Error("refused the value top-secret-value");
      store.set("id-1", inputs);
      return Promise.resolve({ id: preview ? "" : "id-1", state: { ...inputs, made: preview ? UNKNOWN : "now" } });
    },
    read: ({ id }) => Promise.resolve({ id: store.has(id) ? id : "", state: store.get(id) ?? {}, inputs: {} }),
    update: ({ news, ignoreChanges }) => {
      asked.push({ ignoreChanges });
      return Promise.resolve(news);
    },
    delete: ({ id }) => {
      store.delete(id);
      return Promise.resolve();
    },
    invoke: (_token, args) => Promise.resolve({ echo: args["text"] ?? "" }),
    cancel: () => asked.push({ cancelled: true }),
  };
  return { provider, asked, store };
}

describe("plugin framework, over gRPC", () => {
  let stop: () => Promise<void>;
  let plugin: Plugin;
  let asked: Record<string, unknown>[];

  beforeEach(async () => {
    const made = fake();
    asked = made.asked;
    const served = await serve(() => made.provider, undefined);
    stop = served.stop;
    plugin = Plugin.connect(served.port);
  });
  afterEach(async () => {
    plugin.stop();
    await stop();
  });

  it("says its version and what it can do", async () => {
    assert.equal(await plugin.version(), "1.2.3");
    const answer = await plugin.configure("fake", { address: "there" });
    assert.equal(answer.supportspreview && answer.acceptsecrets, true);
    assert.deepEqual(asked, [{ configure: { address: "there" } }]);
  });

  it("reports what Check refuses", async () => {
    assert.deepEqual(await plugin.checkConfig({ bad: true }), [{ property: "bad", reason: "is bad" }]);
    const { inputs, failures } = await plugin.check(urn(TYPE, "my::name"), { a: 1 });
    assert.deepEqual(inputs, { a: 1, checked: true });
    assert.deepEqual(failures, [{ property: "a", reason: "why" }]);
    assert.deepEqual(asked, [{ type: TYPE, name: "my::name", autonaming: undefined }]);
  });

  it("answers a detailed diff", async () => {
    assert.deepEqual(await plugin.diff(urn(TYPE), "id-1", {}, {}, {}), {
      changed: true,
      replaces: ["a.b"],
      deleteBeforeReplace: true,
      detailed: { "a.b": "add-replace", c: "delete" },
    });
  });

  it("tells previews from updates, and passes timeouts and ignoreChanges on", async () => {
    const shown = await plugin.create(urn(TYPE), { a: new Secret("x") }, { preview: true, timeout: 30 });
    assert.equal(shown.id, "");
    assert.ok(containsUnknown(shown.state["made"]));
    assert.deepEqual(shown.state["a"], new Secret("x"));
    assert.equal((await plugin.create(urn(TYPE), {})).id, "id-1");
    await plugin.update(urn(TYPE), "id-1", {}, {}, {}, { ignoreChanges: ["a"] });
    assert.deepEqual(asked, [{ preview: true, timeout: 30 }, { preview: false, timeout: 0 }, { ignoreChanges: ["a"] }]);
  });

  it("hands a half-made resource over with its state and reasons", async () => {
    const error = await failure(plugin.create(urn(TYPE), { stuck: true }));
    assert.equal(error.message, "not ready");
    assert.deepEqual(error.initFailed, { id: "id-1", state: { half: "made" }, reasons: ["not ready", "pod pending"] });
  });

  it("answers one line without stack or secret", async () => {
    const error = await failure(plugin.create(urn(TYPE), { refused: new Secret("top-secret-value") }));
    assert.equal(error.message, "refused the value [secret]");
  });

  it("refuses what it does not implement, by name", async () => {
    const type = urn("fake:index:Other");
    assert.equal(
      (await failure(plugin.create(type, {}))).message,
      "fake:index:Other is not supported by the stand-in plugin",
    );
    assert.equal(
      (await failure(plugin.invoke("fake:index:other", {}))).message,
      "fake:index:other is not supported by the stand-in plugin",
    );
  });

  it("reads, deletes, invokes and cancels", async () => {
    await plugin.create(urn(TYPE), {});
    assert.equal((await plugin.read(urn(TYPE), "id-1")).id, "id-1");
    await plugin.delete(urn(TYPE), "id-1", {});
    assert.equal((await plugin.read(urn(TYPE), "id-1")).id, "");
    assert.deepEqual(await plugin.invoke("fake:index:ask", { text: "hello" }), { echo: "hello" });
    await plugin.cancel();
    assert.deepEqual(asked.at(-1), { cancelled: true });
  });
});

describe("stand-ins without a server", () => {
  async function withPlugin(provider: ProviderFactory, run: (plugin: Plugin) => Promise<void>): Promise<void> {
    const { port, stop } = await serve(provider, undefined);
    const plugin = Plugin.connect(port);
    try {
      await run(plugin);
    } finally {
      plugin.stop();
      await stop();
    }
  }

  it("random makes passwords", () =>
    withPlugin(randomProvider, async (plugin) => {
      const type = urn("random:index/randomPassword:RandomPassword");
      const { state } = await plugin.create(type, { length: 12, special: false });
      assert.ok(state["result"] instanceof Secret);
      assert.match(String(state["result"].value), /^[A-Za-z0-9]{12}$/);
    }));

  it("random refuses a recipe that cannot be followed", () =>
    withPlugin(randomProvider, async (plugin) => {
      const type = urn("random:index/randomPassword:RandomPassword");
      const recipes: PropertyMap[] = [
        { length: 3, minNumeric: 2, minUpper: 2 },
        { length: 8, upper: false, lower: false, numeric: false, special: false },
      ];
      for (const news of recipes) {
        assert.equal((await plugin.check(type, news)).failures.length, 1, JSON.stringify(news));
      }
    }));

  it("vault previews without asking anybody", () =>
    withPlugin(vaultProvider, async (plugin) => {
      await plugin.configure("vault", { address: "http://127.0.0.1:1", skipChildToken: "true" });
      const type = urn("vault:kv/secretV2:SecretV2");
      const { inputs } = await plugin.check(type, { mount: "secret", name: "a", dataJson: new Secret("{}") });
      assert.equal((await plugin.create(type, inputs, { preview: true })).id, "");
    }));

  it("vault refuses the ways to log in that it does not have", () =>
    withPlugin(vaultProvider, async (plugin) => {
      const failures = await plugin.checkConfig({ address: "http://x", authLoginJwt: "{}", skipChildToken: "true" });
      assert.deepEqual(failures, [
        { property: "authLoginJwt", reason: "authLoginJwt is not supported by the stand-in plugin" },
      ]);
    }));

  it("kubernetes previews without a cluster, and says at `up` that there is none", () =>
    withPlugin(kubernetesProvider, async (plugin) => {
      await plugin.configure("kubernetes", { kubeconfig: "not: [a kubeconfig" });
      const type = urn("kubernetes:core/v1:ConfigMap");
      const { inputs } = await plugin.check(type, { metadata: { name: "x", namespace: "y" } });
      assert.equal((await plugin.create(type, inputs, { preview: true })).id, "");
      const error = await failure(plugin.create(type, inputs));
      assert.match(error.message, /^configured Kubernetes cluster is unreachable: failed to parse kubeconfig data/);
    }));

  it("kubernetes refuses the options that it does not have", () =>
    withPlugin(kubernetesProvider, async (plugin) => {
      const failures = await plugin.checkConfig({ renderYamlToDirectory: "out", enableServerSideApply: "false" });
      assert.deepEqual(failures.map((f) => f.property).sort(), ["enableServerSideApply", "renderYamlToDirectory"]);
    }));
});
