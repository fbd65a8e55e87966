import assert from "node:assert/strict";
import type { PropertyMap } from "../../stand-ins/values";
import { reveal, Secret, UNKNOWN } from "../../stand-ins/values";
import { Plugin, urn } from "./plugin-client";
import type { Subject } from "./support";
import { pluginEnv, temporaryFolder } from "./support";

const TYPE = urn("random:index/randomPassword:RandomPassword");

/** What a random plugin does: the first credential of a new environment. */
export function randomContract(subject: () => Subject | undefined): void {
  let plugin: Plugin;
  before(async function () {
    const found = subject();
    // No official plugin on this machine: plugins.test.ts says where that is a failure.
    if (found === undefined) return this.skip();
    plugin = await Plugin.start(found.executable, pluginEnv(temporaryFolder()));
    await plugin.configure("random", {});
  });
  after(() => plugin?.stop());

  async function create(
    news: PropertyMap,
  ): Promise<{ id: string; inputs: PropertyMap; state: PropertyMap; text: string }> {
    const { inputs, failures } = await plugin.check(TYPE, news);
    assert.deepEqual(failures, []);
    const { id, state } = await plugin.create(TYPE, inputs);
    return { id, inputs, state, text: String(reveal(state["result"] ?? null)) };
  }

  it("makes a password of the asked length, secret in the state", async () => {
    const { id, state, text } = await create({ length: 40 });
    assert.equal(id, "none");
    assert.equal(text.length, 40);
    assert.ok(state["result"] instanceof Secret);
  });

  it("makes another one each time", async () => {
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await create({ length: 24 })).text));
    assert.equal(new Set(texts).size, 20);
  });

  it("keeps to the classes that are allowed and to the least numbers", async () => {
    const { text } = await create({ length: 30, special: false, upper: false, minNumeric: 10 });
    assert.match(text, /^[a-z0-9]{30}$/);
    assert.ok((text.match(/\d/g) ?? []).length >= 10, text);
    const special = await create({ length: 12, lower: false, upper: false, numeric: false, overrideSpecial: "_-" });
    assert.match(special.text, /^[_-]{12}$/);
  });

  it("shows the result as a secret unknown in a preview", async () => {
    const { inputs } = await plugin.check(TYPE, { length: 16 });
    const { id, state } = await plugin.create(TYPE, inputs, { preview: true });
    assert.equal(id, "");
    assert.notEqual(typeof reveal(state["result"] ?? null), "string");
  });

  it("sees no difference afterwards, and keeps the password at a refresh", async () => {
    const { id, inputs, state, text } = await create({ length: 16, keepers: { epoch: "1" } });
    assert.equal((await plugin.diff(TYPE, id, state, inputs, inputs)).changed, false);
    const fresh = await plugin.read(TYPE, id, state, inputs);
    assert.equal(reveal(fresh.state["result"] ?? null), text);
  });

  it("replaces when a keeper changes: that is how a password is rotated", async () => {
    const { id, inputs, state } = await create({ length: 16, keepers: { epoch: "1" } });
    const diff = await plugin.diff(TYPE, id, state, inputs, { ...inputs, keepers: { epoch: "2" } });
    assert.ok(diff.changed);
    assert.ok(diff.replaces.length > 0);
    assert.equal(diff.deleteBeforeReplace, false, "the old password has to last until the new one is in use");
  });

  it("has nothing that is changed in place: another length replaces, and so may a keeper that is unknown yet", async () => {
    const { id, inputs, state } = await create({ length: 16, keepers: { epoch: "1" } });
    const longer = await plugin.diff(TYPE, id, state, inputs, { ...inputs, length: 20 });
    assert.ok(longer.replaces.includes("length"), longer.replaces.join());
    const unknown = await plugin.diff(TYPE, id, state, inputs, { ...inputs, keepers: { epoch: UNKNOWN } });
    assert.ok(unknown.changed && unknown.replaces.length > 0);
  });

  it("refuses a length of zero", async () => {
    const { failures } = await plugin.check(TYPE, { length: 0 });
    assert.notEqual(failures.length, 0);
  });

  it("imports an existing password given as the id", async () => {
    const { id, state } = await plugin.read(TYPE, "an-existing-password");
    assert.equal(id, "none");
    assert.equal(reveal(state["result"] ?? null), "an-existing-password");
  });

  it("deletes", async () => {
    const { id, state } = await create({ length: 8 });
    await plugin.delete(TYPE, id, state);
  });
}
