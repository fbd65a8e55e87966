import assert from "node:assert/strict";

import { vaultCall } from "../../packages/sandbox/servers/vault";
import { manualChanges, saysIt } from "./support/drift-changes";
import { sandbox, stackObjects, type LiveObject } from "./support/sandbox";

type Kind = keyof typeof stackObjects;

/** What the stack says of an object: everything but what the API server keeps for itself. */
async function contents(): Promise<Record<string, unknown>> {
  const found = await Promise.all(
    Object.entries(stackObjects).map(async ([kind, apiPath]) => {
      const { metadata, status: _, ...rest } = await sandbox().get<LiveObject & { status?: unknown }>(apiPath);
      return [kind, { ...rest, labels: metadata.labels }] as const;
    }),
  );
  return Object.fromEntries(found);
}

const vaultPath = (kind: "data" | "metadata", path: string): string => `secret/${kind}/${path}`;

/** Makes every change of the list, as somebody with kubectl and vault would. */
async function changeAll(): Promise<void> {
  const { vault } = await sandbox().servers();
  for (const { object, path = "", patch, delete: gone = false } of manualChanges) {
    if (object === "Vault") await vaultCall(vault, "DELETE", vaultPath("metadata", path));
    else if (gone) await sandbox().api.request("DELETE", stackObjects[object as Kind]);
    else
      await sandbox().api.request("PATCH", `${stackObjects[object as Kind]}?fieldManager=by-hand`, {
        type: `application/${Array.isArray(patch) ? "json-patch" : "strategic-merge-patch"}+json`,
        body: patch,
      });
  }
}

describe("changes made by hand", () => {
  let asDeployed: Record<string, unknown>;
  let collectors: string[];

  const collectorsNow = async (): Promise<string[]> => (await sandbox().agent()).pods.map(({ uid }) => uid).sort();

  before(async () => {
    asDeployed = await contents();
    collectors = await collectorsNow();
    await changeAll();
  });

  it("are at least ten kinds, of every kind of object", () => {
    assert.ok(manualChanges.length >= 10);
    const kinds = new Set(manualChanges.map(({ object }) => object));
    assert.deepEqual([...kinds].sort(), [...Object.keys(stackObjects), "Vault"].sort());
  });

  it("are each found and named, and nothing else is", async () => {
    const result = await sandbox().alloyctl("drift", ["local", "--json"]);
    assert.equal(result.exitCode, 1, result.output);
    const found = JSON.parse(result.stdout) as Record<string, unknown>[];
    for (const change of manualChanges)
      assert.ok(
        found.some((drift) => saysIt(change, drift)),
        `${change.name} is not named:\n${result.stdout}`,
      );
    // One change may show in more than one field of its object.
    const resources = new Set(manualChanges.map(({ drift }) => drift.resource));
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
    for (const { name, drift } of manualChanges)
      assert.ok(
        rows.some((row) => row.startsWith(`${drift.resource} `)),
        `${name} has no row`,
      );
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
    for (const { object, path = "" } of manualChanges)
      if (object === "Vault") assert.ok(await vaultCall(vault, "GET", vaultPath("data", path)), `${path} is not back`);
    const again = await sandbox().alloyctl("drift", ["local"]);
    assert.equal(again.exitCode, 0, again.output);
    assert.match(again.stdout, /^local: everything is as the stack says$/m);
  });
});
