import assert from "node:assert/strict";

import { vaultCall } from "../../packages/sandbox/servers/vault";
import { manualChanges, saysIt, type ManualChange } from "./support/drift-changes";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";

const apiPaths: Record<string, string> = { ...stackObjects, Namespace: "/api/v1/namespaces/monitoring" };

/** What the stack says of an object: everything but what the API server keeps for itself. */
async function contents(): Promise<Record<string, unknown>> {
  const found = await Promise.all(
    Object.entries(apiPaths).map(async ([kind, apiPath]) => {
      const { metadata, status: _, ...rest } = await sandbox().get<LiveObject & { status?: unknown }>(apiPath);
      return [kind, { ...rest, labels: metadata.labels, finalizers: metadata.finalizers }] as const;
    }),
  );
  return Object.fromEntries(found);
}

const vaultPath = (kind: "data" | "metadata", path: string): string => `secret/${kind}/${path}`;

/** Makes every change of a round, as somebody with kubectl and vault would. */
async function changeAll(changes: readonly ManualChange[]): Promise<void> {
  const { vault } = await sandbox().servers();
  const { api } = sandbox();
  for (const { object, path = "", patch, merge = false, delete: gone = false, create } of changes) {
    const place = apiPaths[object] ?? "";
    const type = Array.isArray(patch) ? "json-patch" : merge ? "merge-patch" : "strategic-merge-patch";
    if (object === "Vault") await vaultCall(vault, "DELETE", vaultPath("metadata", path));
    else if (gone) await api.request("DELETE", place);
    else if (create !== undefined)
      await api.request("POST", place.replace(/\/[^/]+$/, "?fieldManager=by-hand"), { body: create });
    else await api.request("PATCH", `${place}?fieldManager=by-hand`, { type: `application/${type}+json`, body: patch });
  }
}

for (const round of [1, 2]) {
  const changes = manualChanges(round);

  describe(`changes made by hand, round ${round}`, () => {
    let asDeployed: Record<string, unknown>;
    let collectors: string[];

    const collectorsNow = async (): Promise<string[]> => (await sandbox().agent()).pods.map(({ uid }) => uid).sort();

    before(async () => {
      asDeployed = await contents();
      collectors = await collectorsNow();
      await changeAll(changes);
    });

    it("are each found and named, and nothing else is", async () => {
      const result = await sandbox().alloyctl("drift", ["local", "--json"]);
      assert.equal(result.exitCode, 1, result.output);
      const found = JSON.parse(result.stdout) as Record<string, unknown>[];
      const unnamed = changes.filter((change) => !found.some((drift) => saysIt(change, drift)));
      assert.deepEqual(
        unnamed.map(({ name }) => name),
        [],
        result.stdout,
      );
      // One change may show in more than one field of its object.
      const resources = new Set(changes.map(({ drift }) => drift.resource));
      assert.deepEqual(
        found.filter(({ resource }) => !resources.has(String(resource))),
        [],
      );
      assert.doesNotMatch(result.output, /by-hand"|YnktaGFuZ/, "a credential is printed");
    });

    it("are a table for whoever reads, with exit code 1", async () => {
      const result = await sandbox().alloyctl("drift", ["local"]);
      assert.equal(result.exitCode, 1, result.output);
      const [head = "", ...rows] = result.stdout.split("\n");
      assert.match(head, /^RESOURCE +FIELD +EXPECTED +FOUND$/);
      for (const { name, drift } of changes)
        assert.ok(
          rows.some((row) => row.startsWith(`${drift.resource} `)),
          `${name} has no row`,
        );
      if (round === 1)
        assert.match(
          result.stdout,
          /^ConfigMap monitoring\/alloy-config +data\["config\.alloy"\] +line 1: .+ +line 1: \/\/ by hand$/m,
        );
      assert.match(
        result.stdout,
        /^\d+ fields are not as the stack says\. npx alloyctl up local --restore puts them back\.$/m,
      );
    });

    it("are all put back by up --restore, without a collector that is replaced", async () => {
      const up = await sandbox().npm("up", ["local", "--restore", "--yes"]);
      assert.equal(up.exitCode, 0, up.output);
      assert.match(up.output, /^changed by hand, and put back:$/m);
      assert.deepEqual(await contents(), asDeployed);
      assert.deepEqual(await collectorsNow(), collectors);
      const { vault } = await sandbox().servers();
      for (const { object, path = "", create } of changes) {
        if (object === "Vault")
          assert.ok(await vaultCall(vault, "GET", vaultPath("data", path)), `${path} is not back`);
        if (create === undefined) continue;
        const { name } = create.metadata;
        const place = (apiPaths[object] ?? "").replace(/[^/]+$/, name);
        assert.equal(await sandbox().find(place), undefined, `${name} is still there`);
      }
      const again = await sandbox().alloyctl("drift", ["local"]);
      assert.equal(again.exitCode, 0, again.output);
      assert.match(again.stdout, /^local: everything is as the stack says$/m);
    });
  });
}

describe("the kinds of change", () => {
  it("are of every kind of object that the stack makes, and of Vault", () => {
    const kinds = new Set([...manualChanges(1), ...manualChanges(2)].map(({ object }) => object));
    assert.deepEqual([...kinds].sort(), [...Object.keys(apiPaths), "Vault"].sort());
  });
});
