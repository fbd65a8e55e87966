import assert from "node:assert/strict";
import type { PropertyMap, Value } from "../../stand-ins/values";
import { containsUnknown, UNKNOWN } from "../../stand-ins/values";
import { at, live } from "./kubernetes-bench";
import type { KubernetesBench } from "./kubernetes-bench";
import type { KindCase } from "./kubernetes-kinds";
import { withName } from "./kubernetes-kinds";
import { failure, urn } from "./plugin-client";

/** One kind where something is unknown yet, and where the server says no. Each test has an object of its own. */
export function troublesOf(kind: KindCase, bench: KubernetesBench): void {
  const type = urn(kind.type);
  let count = 0;

  async function inputsWith(set: Record<string, Value> = {}): Promise<PropertyMap> {
    const name = `${bench.prefix}-${kind.type.split(":")[2]?.toLowerCase() ?? ""}-trouble-${++count}`;
    const inputs = withName(kind.inputs, name, kind.namespaced ? bench.prefix : undefined, set);
    const checked = await bench.plugin.check(type, inputs);
    assert.deepEqual(checked.failures, []);
    return checked.inputs;
  }

  const annotated = (value: Value): Record<string, Value> => ({ "metadata.annotations": { contract: value } });

  it("previews a create and an update with an unknown in them: it stays unknown, and nothing is made or changed", async () => {
    const unknown = await inputsWith(annotated(UNKNOWN));
    const shown = await bench.plugin.create(type, unknown, { preview: true });
    assert.ok(containsUnknown(at(shown.state, "metadata", "annotations", "contract")));
    assert.equal(await bench.find(unknown), undefined);

    const inputs = await inputsWith(annotated("known"));
    const { id, state } = await bench.plugin.create(type, inputs);
    try {
      const metadata = { ...(inputs["metadata"] as PropertyMap), annotations: { contract: UNKNOWN } };
      const after = await bench.plugin.update(type, id, state, inputs, { ...inputs, metadata }, { preview: true });
      assert.ok(containsUnknown(at(after, "metadata", "annotations", "contract")));
      assert.equal(at(await bench.find(inputs), "metadata", "annotations", "contract"), "known");
    } finally {
      await bench.plugin.delete(type, id, state);
    }
  });

  it("is not taken over where it exists already", async () => {
    const inputs = await inputsWith();
    await bench.cluster.create(live(inputs));
    try {
      const error = await failure(bench.plugin.create(type, inputs));
      assert.match(error.message, /"contract-[^"]+-trouble-\d+" already exists/);
      assert.equal(error.initFailed, undefined, "the foreign object was taken into the state");
    } finally {
      await bench.cluster.remove(live(inputs));
    }
  });

  it("is refused with the server's reason where a value is invalid", async () => {
    const inputs = await inputsWith({ "metadata.labels": { contract: "not a label's value!" } });
    const error = await failure(bench.plugin.create(type, inputs));
    assert.match(error.message, /metadata\.labels: Invalid value/);
    assert.equal(await bench.find(inputs), undefined);
  });

  it("may be neither created, changed nor deleted by who has no right to, and the server's words say so", async () => {
    const inputs = await inputsWith(annotated("theirs"));
    const { id, state } = await bench.plugin.create(type, inputs);
    const forbidden = (verb: string): RegExp => new RegExp(`forbidden: User "contract-nobody" cannot ${verb} resource`);
    try {
      const other = await inputsWith();
      assert.match((await failure(bench.nobody.create(type, other))).message, forbidden("(create|patch|get)"));
      const metadata = { ...(inputs["metadata"] as PropertyMap), annotations: { contract: "ours" } };
      const update = failure(bench.nobody.update(type, id, state, inputs, { ...inputs, metadata }));
      assert.match((await update).message, forbidden("(patch|get)"));
      assert.match((await failure(bench.nobody.delete(type, id, state))).message, forbidden("(delete|get)"));
      assert.equal(at(await bench.find(inputs), "metadata", "annotations", "contract"), "theirs");
    } finally {
      await bench.plugin.delete(type, id, state);
    }
  });
}
