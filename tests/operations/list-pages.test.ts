import assert from "node:assert/strict";

import type { KubeObject } from "../../operations/cluster/kubernetes-client";
import { FakeCluster } from "../support/fake-cluster";

const total = 1_234;

/** An API server with that many pods. It forgets where a list stands before the pages that are named, counted from 1. */
class Pods {
  asked: string[] = [];

  constructor(private readonly expires: readonly number[] = []) {}

  answer(url: URL): { status?: number; body: unknown } {
    this.asked.push(url.search);
    const from = Number(url.searchParams.get("continue")?.replace("at-", "") ?? 0);
    if (this.expires.includes(this.asked.length))
      return {
        status: 410,
        body: { message: "The provided continue parameter is too old", metadata: { continue: `at-${from}+` } },
      };
    const to = Math.min(total, from + Number(url.searchParams.get("limit")));
    const items = Array.from({ length: to - from }, (_, at) => ({ metadata: { name: `pod-${from + at}` } }));
    return { body: { metadata: to < total ? { continue: `at-${to}` } : {}, items } };
  }
}

describe("a long list", () => {
  let fake: FakeCluster;
  let pods: Pods;

  before(async () => {
    fake = await FakeCluster.start((_, url) => {
      // The continued token of an expired list has a sign behind it, which is escaped on its way.
      url.search = url.search.replace("%2B", "");
      return pods.answer(url);
    });
  });
  after(() => fake.stop());

  const list = async (): Promise<string[]> =>
    (await fake.client.list("/api/v1/pods?labelSelector=a%3Db")).map(({ metadata }) => metadata.name);

  const everything = Array.from({ length: total }, (_, at) => `pod-${at}`);

  it("is read page by page, and its query stays", async () => {
    pods = new Pods();
    assert.deepEqual(await list(), everything);
    assert.deepEqual(pods.asked, [
      "?labelSelector=a%3Db&limit=500",
      "?labelSelector=a%3Db&limit=500&continue=at-500",
      "?labelSelector=a%3Db&limit=500&continue=at-1000",
    ]);
  });

  it("begins anew when its pages have expired, and has nothing twice", async () => {
    pods = new Pods([3]);
    assert.deepEqual(await list(), everything);
    assert.deepEqual(
      pods.asked.map((query) => query.split("continue=")[1] ?? "first"),
      ["first", "at-500", "at-1000", "first", "at-500", "at-1000"],
    );
  });

  it("goes on with what is there by now when it expires again and again", async () => {
    pods = new Pods([2, 4, 6]);
    assert.deepEqual(await list(), everything);
    assert.equal(pods.asked.length, 8);
  });

  it("ends with the server's answer when even that is refused", async () => {
    pods = new Pods([2, 4, 6, 7]);
    await assert.rejects(list(), /410 The provided continue parameter is too old/);
  });

  it("has no items where the server has none, or says null", async () => {
    const empty = await FakeCluster.start(() => ({ body: { items: null } }));
    try {
      assert.deepEqual(await empty.client.list("/api/v1/pods"), []);
    } finally {
      await empty.stop();
    }
  });

  it("keeps of each item only the part that is asked for", async () => {
    pods = new Pods();
    const odd = await fake.client.listParts("/api/v1/pods", ({ metadata: { name } }: KubeObject) =>
      /[13579]$/.test(name) ? name.length : undefined,
    );
    assert.equal(odd.length, total / 2);
    assert.ok(odd.every((length) => length >= 5));
  });
});
