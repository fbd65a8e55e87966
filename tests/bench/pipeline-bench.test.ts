import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import fc from "fast-check";

import { median } from "../../bench/median";
import { lineOf, PlayedApiServer } from "../../bench/pipeline/played-api-server";
import { repoRoot } from "../../kit/repo-root";
import { parseAlloy } from "../../pipeline/language";

describe("bench: what a line costs", () => {
  it("writes lines of exactly the length that was asked for, each one different", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(1e9), fc.integer({ min: 60, max: 2000 }), (container, number, bytes) => {
        assert.equal(Buffer.byteLength(lineOf(container, number, bytes)), bytes);
        assert.notEqual(lineOf(container, number, bytes), lineOf(container, number + 1, bytes));
      }),
    );
  });

  it("has pipelines that lead from the source to the sender", () => {
    const folder = path.join(repoRoot, "bench", "pipeline", "arrangements");
    const files = fs.readdirSync(folder);
    assert.equal(files.length, 5);
    for (const file of files) {
      const text = fs.readFileSync(path.join(folder, file), "utf8");
      assert.equal(parseAlloy(text).filter(({ name }) => name === "loki.source.kubernetes").length, 1, file);
      assert.ok(text.includes("[loki.write.default.receiver]"), file);
    }
  });

  it("plays a cluster whose pods can be listed and whose logs can be followed, with times that only rise", async () => {
    const api = await PlayedApiServer.start({ containers: 2, linesPerSecond: 400, lineBytes: 80 });
    try {
      const list = (await (await fetch(`${api.url}/api/v1/pods?limit=500`)).json()) as { items: unknown[] };
      assert.equal(list.items.length, 2);
      assert.equal((await fetch(`${api.url}/api/v1/pods?watch=true&sendInitialEvents=true`)).status, 400);
      const log = await fetch(`${api.url}/api/v1/namespaces/shop/pods/cart-1/log?follow=true`);
      assert.equal(api.followed, 1);
      api.begin();
      const reader = log.body?.getReader();
      let text = "";
      while (text.split("\n").length < 30) text += Buffer.from((await reader?.read())?.value ?? []).toString();
      await reader?.cancel();
      const lines = text.split("\n").slice(0, -1);
      const times = lines.map((line) => line.slice(0, line.indexOf(" ")));
      assert.deepEqual(times, [...new Set(times)].sort());
      assert.ok(lines.every((line, at) => line.endsWith(lineOf(1, at, 80))));
    } finally {
      await api.close();
    }
  });

  it("takes the middle one of several runs", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });
});
