import assert from "node:assert/strict";

import type { Resource } from "../../policy/rule";
import { base } from "./mutation/bases";

/** What the pack says of a stack in which one resource has other options. */
async function saidOf(
  stack: string,
  isMeant: (one: Resource) => boolean,
  opts: Partial<Resource["opts"]>,
): Promise<string[]> {
  const { resources, judge } = await base(stack);
  const at = resources.findIndex(isMeant);
  const one = resources[at];
  assert.ok(one !== undefined);
  const said = judge(resources.with(at, { ...one, opts: { ...one.opts, ...opts } }));
  return [...said].flatMap(([rule, messages]) => messages.map((text) => `${rule}: ${text.split("\n")[0] ?? ""}`));
}

const ofKind =
  (kind: string) =>
  ({ type }: Resource): boolean =>
    type.endsWith(`:${kind}`);

describe("the options of a resource", () => {
  it("do not hide fields from what the settings say later", async () => {
    for (const [kind, field] of [
      ["DaemonSet", "spec"],
      ["ConfigMap", "data"],
      ["ClusterRole", "rules[0]"],
      ["kubernetes", "context"],
    ] as const) {
      const [said, ...more] = await saidOf("production", ofKind(kind), { ignoreChanges: [field] });
      assert.match(
        said ?? "",
        /^alloy-resources: .*is in ignoreChanges: what the settings say of it later never reaches/,
      );
      assert.ok(said?.includes(`: ${field} is in`), said);
      assert.deepEqual(more, []);
    }
  });

  it("hide a first password from every later run", async () => {
    const seed = ({ name }: Resource): boolean => name.endsWith("-loki-seed");
    assert.deepEqual(await saidOf("local", seed, {}), []);
    assert.equal((await saidOf("local", seed, { ignoreChanges: [] })).length, 2);
    assert.match(
      (await saidOf("local", seed, { ignoreChanges: ["options"] })).join(),
      /dataJson is not in ignoreChanges/,
    );
  });

  it("protect what has to stay, and nothing else", async () => {
    assert.match((await saidOf("production", ofKind("DaemonSet"), { protect: true })).join(), /nobody can remove it/);
    assert.match((await saidOf("production", ofKind("Namespace"), { protect: false })).join(), /is not protected/);
  });
});
