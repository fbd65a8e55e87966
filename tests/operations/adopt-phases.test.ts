import assert from "node:assert/strict";

import { recordObstacles } from "../../operations/adoption/adopt";
import { forget } from "../../operations/adoption/give-back";
import type { TakenOver } from "../../operations/adoption/objects";
import { readRecord, writeRecord, type AdoptionRecord } from "../../operations/adoption/record";
import type { KubeObject } from "../../operations/cluster/kubernetes-client";
import type { StackContext } from "../../operations/stack-context";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";
import { taken } from "../support/taken-over";

const record: AdoptionRecord = {
  ...{ stack: "staging", phase: "begun", startedAt: "2026-01-01T00:00:00Z" },
  ...{ inState: [], taken: [], made: [], helm: [] },
};
const takenOver: TakenOver[] = [taken("ServiceAccount")];

describe("the record of an adoption", () => {
  let fake: FakeCluster;
  let secret: KubeObject | undefined;

  before(async () => {
    fake = await FakeCluster.start((method, _, body) => {
      if (method === "POST" || method === "PATCH") secret = body as unknown as KubeObject;
      if (method !== "POST" && secret === undefined) return { status: 404 };
      const there = secret;
      if (method === "DELETE") secret = undefined;
      return { body: there };
    });
  });
  after(() => fake.stop());

  it("is given up only when the adoption is done", async () => {
    const context = {
      settings: settingsOf(),
      cluster: fake.client,
      file: "Pulumi.staging.yaml",
    } as unknown as StackContext;
    for (const phase of ["begun", "released", "giving back"] as const) {
      await writeRecord(fake.client, "monitoring", { ...record, phase });
      await assert.rejects(
        forget({ context, record: { ...record, phase } }),
        /is not finished.*\n.*--give-back restores/,
      );
      assert.ok(await readRecord(fake.client, "monitoring"));
    }
    await forget({ context, record: { ...record, phase: "proved" } });
    assert.equal(await readRecord(fake.client, "monitoring"), undefined);
  });

  it("keeps a second adoption from taking its place, and one from going on while it is given back", () => {
    const context = { stack: "staging", settings: settingsOf() };
    const said = (of: Parameters<typeof recordObstacles>[1], taken = takenOver): string =>
      recordObstacles(context, of, { takenOver: taken })
        .map(({ problem, remedy }) => `${problem} → ${remedy}`)
        .join("\n");
    assert.equal(said(undefined), "");
    assert.equal(said({ ...record, phase: "proved" }, []), "");
    assert.match(said({ ...record, phase: "proved" }), /would take its place → npx alloyctl adopt staging --forget/);
    assert.match(said({ ...record, phase: "giving back" }, []), /was not finished → .* --give-back goes on/);
    assert.match(said("forbidden"), /nobody may read the Secret monitoring\/alloy-adoption/);
  });
});
