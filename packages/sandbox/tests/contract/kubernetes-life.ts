import assert from "node:assert/strict";
import type { PropertyMap, Value } from "../../stand-ins/values";
import { at, live } from "./kubernetes-bench";
import type { KubernetesBench } from "./kubernetes-bench";
import type { KindCase } from "./kubernetes-kinds";
import { withName } from "./kubernetes-kinds";
import { urn } from "./plugin-client";

/** One kind from its preview to its delete. The tests build on each other, as an object's life does. */
export function lifeOf(kind: KindCase, bench: KubernetesBench): void {
  const type = urn(kind.type);
  let name: string;
  let namespace: string | undefined;
  let inputs: PropertyMap;
  let id: string;
  let state: PropertyMap;

  const build = async (set: Record<string, Value> = {}): Promise<PropertyMap> => {
    const { inputs: result, failures } = await bench.plugin.check(type, withName(kind.inputs, name, namespace, set));
    assert.deepEqual(failures, []);
    return result;
  };

  before(async () => {
    const { prefix } = bench;
    name = `${prefix}-${kind.type.split(":")[2]?.toLowerCase() ?? ""}`;
    namespace = kind.namespaced ? prefix : undefined;
    inputs = await build();
  });

  after(async () => {
    // Whatever a failed test left, so that one failure does not spoil the next run.
    await bench.cluster.remove(live(inputs));
  });

  it("previews without making anything", async () => {
    const shown = await bench.plugin.create(type, inputs, { preview: true });
    assert.equal(shown.id, "");
    assert.equal(at(shown.state, "metadata", "name"), name);
    assert.equal(await bench.cluster.find(live(inputs)), undefined);
  });

  it("creates, under an id of namespace and name", async () => {
    ({ id, state } = await bench.plugin.create(type, inputs));
    assert.equal(id, namespace === undefined ? name : `${namespace}/${name}`);
    const object = await bench.cluster.find(live(inputs));
    assert.equal(object?.metadata?.uid, at(state, "metadata", "uid"));
    const managers = (object?.metadata?.managedFields ?? []).map((entry) => entry.manager);
    assert.ok(
      managers.some((manager) => manager?.startsWith("pulumi-kubernetes")),
      `field managers: ${managers.join(", ")}`,
    );
  });

  it("sees no difference afterwards", async () => {
    assert.deepEqual(await bench.plugin.diff(type, id, state, inputs, inputs), {
      changed: false,
      replaces: [],
      deleteBeforeReplace: false,
      detailed: {},
    });
  });

  it("updates in place, and the diff names exactly what changed", async () => {
    const news = await build(kind.inPlace.set);
    const { plugin, cluster } = bench;
    const diff = await plugin.diff(type, id, state, inputs, news);
    assert.deepEqual(diff.detailed, kind.inPlace.expect);
    assert.deepEqual(diff.replaces, []);
    const uid = at(state, "metadata", "uid");
    state = await plugin.update(type, id, state, inputs, news);
    inputs = news;
    assert.equal(at(state, "metadata", "uid"), uid);
    const after = await cluster.find(live(inputs));
    assert.equal(after?.metadata?.uid, uid);
    assert.equal((await plugin.diff(type, id, state, inputs, inputs)).changed, false, "the update did not settle");
  });

  it("takes a field away again that is no longer wanted", async () => {
    const { plugin, cluster } = bench;
    const more = await build({ ...kind.inPlace.set, "metadata.annotations": { contract: "once" } });
    state = await plugin.update(type, id, state, inputs, more);
    assert.equal(at(await cluster.find(live(more)), "metadata", "annotations", "contract"), "once");
    const fewer = await build(kind.inPlace.set);
    const diff = await plugin.diff(type, id, state, more, fewer);
    assert.ok(
      Object.values(diff.detailed).every((change) => change === "delete"),
      JSON.stringify(diff.detailed),
    );
    state = await plugin.update(type, id, state, more, fewer);
    inputs = fewer;
    assert.equal(at(await cluster.find(live(inputs)), "metadata", "annotations", "contract"), undefined);
  });

  it("replaces for another name or namespace", async () => {
    const renamed = await bench.plugin.check(type, withName(kind.inputs, `${name}-2`, namespace, kind.inPlace.set));
    const diff = await bench.plugin.diff(type, id, state, inputs, renamed.inputs);
    assert.deepEqual(diff.replaces, ["metadata.name"]);
    assert.equal(diff.deleteBeforeReplace, false, "another name leaves room for both");
  });

  const { replacing, mutable } = kind;
  if (replacing !== undefined) {
    it("replaces for fields that the server will not change, deleting first under a fixed name", async () => {
      const news = await build({ ...kind.inPlace.set, ...replacing.set });
      const diff = await bench.plugin.diff(type, id, state, inputs, news);
      assert.deepEqual(diff.detailed, replacing.expect);
      const expected = Object.entries(replacing.expect).filter(([, change]) => change.endsWith("-replace"));
      assert.deepEqual(diff.replaces.sort(), expected.map(([path]) => path).sort());
      assert.equal(diff.deleteBeforeReplace, true);
    });
  }

  if (mutable !== undefined) {
    it("changes data in place where the provider's option allows it", async () => {
      const news = await build({ ...kind.inPlace.set, ...mutable.set });
      const diff = await bench.mutable.diff(type, id, state, inputs, news);
      assert.deepEqual(diff.detailed, mutable.expect);
      assert.deepEqual(diff.replaces, []);
      const uid = at(state, "metadata", "uid");
      state = await bench.mutable.update(type, id, state, inputs, news);
      inputs = news;
      assert.equal(at(state, "metadata", "uid"), uid);
    });
  }

  it("sees at a refresh what somebody else changed, and plans it back", async () => {
    const { plugin, cluster } = bench;
    const theirs = { labels: { "app.kubernetes.io/part-of": "drifted" } };
    const metadata = { ...theirs, name, ...(namespace === undefined ? {} : { namespace }) };
    await cluster.take({ apiVersion: String(inputs["apiVersion"]), kind: String(inputs["kind"]), metadata });
    const fresh = await plugin.read(type, id, state, inputs);
    assert.equal(fresh.id, id);
    const diff = await plugin.diff(type, id, fresh.state, inputs, inputs);
    assert.deepEqual(diff.detailed, { 'metadata.labels["app.kubernetes.io/part-of"]': "update" });
    state = fresh.state;
  });

  it("imports by id: the inputs that it reads are the ones in the cluster", async () => {
    const { plugin } = bench;
    const imported = await plugin.read(type, id);
    assert.equal(imported.id, id);
    assert.equal(at(imported.inputs, "metadata", "name"), name);
    assert.equal(at(imported.inputs, "metadata", "uid"), undefined, "a server's field was taken for an input");
    assert.equal(imported.inputs["status"], undefined);
    const again = await plugin.check(type, imported.inputs, imported.inputs);
    assert.equal((await plugin.diff(type, id, imported.state, imported.inputs, again.inputs)).changed, false);
  });

  it("deletes, and has nothing against an object that is gone already", async () => {
    const { plugin, cluster } = bench;
    await plugin.delete(type, id, state);
    assert.equal(await cluster.find(live(inputs)), undefined, "delete came back before the object was gone");
    await plugin.delete(type, id, state);
    assert.equal((await plugin.read(type, id, state, inputs)).id, "", "a refresh takes it out of the state");
  });
}
