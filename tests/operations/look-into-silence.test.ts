import assert from "node:assert/strict";

import { lookIntoSilence } from "../../operations/collectors/look-into-silence";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf, type StackValues } from "../support/settings";

describe("a look into silence", () => {
  const alloy = "system:serviceaccount:monitoring:alloy";
  let fake: FakeCluster;
  let asked: string[];
  let log: (path: string, as: string | undefined) => { status?: number; body?: unknown };
  let page: string;

  before(async () => {
    fake = await FakeCluster.start((_, { pathname, searchParams, search }, __, headers) => {
      const as = headers["impersonate-user"] as string | undefined;
      asked.push(`${as === undefined ? "" : `${as} `}${pathname}${search}`);
      if (!pathname.endsWith("/pods")) return log(pathname, as);
      const nodeName = /spec\.nodeName=(.*)/.exec(searchParams.get("fieldSelector") ?? "")?.[1];
      const pod = (namespace: string, name: string, containers: string[]) => ({
        metadata: { namespace, name },
        spec: { nodeName, containers: containers.map((one) => ({ name: one })) },
      });
      return {
        body: { items: [pod("shop", "web-1", ["web", "side"]), pod("monitoring", `alloy-${nodeName}`, ["alloy"])] },
      };
    });
  });
  after(() => fake.stop());
  beforeEach(() => {
    asked = [];
    page = "";
    log = () => ({ body: "a line" });
  });

  const look = (values: StackValues = {}, nodes = ["n1"], all = false) =>
    lookIntoSilence(
      {
        ...{ cluster: fake.client, file: "Pulumi.test.yaml", settings: settingsOf(values) },
        findCollectors: () =>
          Promise.resolve(
            nodes.map((one) => ({
              ...{ node: one, pod: `alloy-${one}`, phase: "running" as const },
              get: () => Promise.resolve(page),
              log: () => Promise.resolve('level=warn msg="tailer stopped" err=405'),
            })),
          ),
      },
      nodes.map((one) => ({ node: one, startedAt: 1_767_261_600 })),
      90,
      all,
    );

  it("asks for the collector's own log first, in its name and from its start on, and stops at a refusal", async () => {
    log = (_, as) => (as === undefined ? { body: "" } : { status: 405, body: { message: "not allowed" } });
    const { problems } = await look();
    assert.match(problems[0]?.problem ?? "", /^no line has come from n1 in 90 s: the kubelet serves no logs \(405\)/);
    assert.deepEqual(
      asked.filter((one) => one.startsWith(alloy)),
      [
        `${alloy} /api/v1/namespaces/monitoring/pods/alloy-n1/log?container=alloy&limitBytes=1024&sinceTime=2026-01-01T10:00:00.000Z`,
      ],
    );
  });

  it("asks as oneself where one may not take the collector's name", async () => {
    const message = `users "${alloy}" is forbidden: User "jane" cannot impersonate resource "users" in API group ""`;
    log = (_, as) => (as === undefined ? { body: "a line" } : { status: 403, body: { message } });
    assert.match(
      (await look()).problems[0]?.problem ?? "",
      /alloy has written lines since the collector was started; its own log says: tailer stopped: 405$/,
    );
    const mine = 'pods "alloy-n1" is forbidden: User "jane" cannot get resource "pods/log" in API group ""';
    log = (_, as) => ({ status: 403, body: { message: as === undefined ? mine : message } });
    const { problems } = await look();
    assert.equal(problems[0]?.cannotTell, true);
  });

  it("says that the collector may not read, if it is the one that may not", async () => {
    const message = `pods "web-1" is forbidden: User "${alloy}" cannot get resource "pods/log" in API group "" in the namespace "shop"`;
    log = (_, as) => (as === undefined ? { body: "" } : { status: 403, body: { message } });
    assert.match((await look()).problems[0]?.problem ?? "", /system:serviceaccount:monitoring:alloy may not read logs/);
  });

  it("is no failure for any selector that matches nothing, and asks for no log then", async () => {
    const selectors: [key: string, values: StackValues][] = [
      ["alloy:nodeSelector leaves", { nodeSelector: "other-.*" }],
      ["alloy:logs.includeNamespaces leaves", { logs: { includeNamespaces: "nowhere" } }],
      ["alloy:logs.excludeNamespaces leaves", { logs: { excludeNamespaces: "shop|monitoring" } }],
      ["several together leave", { nodeSelector: "other-.*", logs: { includeNamespaces: "nowhere" } }],
    ];
    for (const [key, values] of selectors) {
      asked = [];
      const { problems, told } = await look(values);
      assert.deepEqual(problems, []);
      assert.deepEqual(told, [
        `no line to send yet on n1: by its settings the stack reads nothing there: ${key} out every pod (0 containers match there, of 2 pods)`,
      ]);
      assert.deepEqual(
        asked.filter((one) => one.startsWith(alloy)),
        [],
      );
    }
  });

  it("is a failure for each of them if these are all collectors, unless a section has sources of its own", async () => {
    const wrong: StackValues = { logs: { includeNamespaces: "nowhere" } };
    const { problems } = await look(wrong, ["n1", "n2"], true);
    assert.deepEqual(
      problems.map(({ file, key }) => [file, key]),
      [["Pulumi.test.yaml", "alloy:logs.includeNamespaces"]],
    );
    const step = { file: "a.alloy", entry: "loki.process.a" };
    assert.equal((await look({ ...wrong, extraSections: [step] }, ["n1"], true)).problems.length, 1);
    const source = { file: "b.alloy" };
    assert.deepEqual((await look({ ...wrong, extraSections: [step, source] }, ["n1"], true)).problems, []);
  });

  it("is no failure for a selector that matches only idle containers", async () => {
    log = () => ({ body: "" });
    const { problems, told } = await look({ logs: { includeNamespaces: "shop" } });
    assert.deepEqual(problems, []);
    assert.match(told.join(), /what matches has written nothing .*\(2 containers match there, of 2 pods\)/);
  });

  it("is no failure where the pipeline has dropped what it read", async () => {
    page = 'loki_process_dropped_lines_total{reason="x"} 5';
    const { problems, told } = await look();
    assert.deepEqual(problems, []);
    assert.match(told.join(), /has dropped every line/);
  });

  it("takes a pod that is gone, or a container that waits, for an empty log", async () => {
    for (const [status, message] of [
      [404, 'pods "web-1" not found'],
      [400, 'container "web" in pod "web-1" is waiting to start: ContainerCreating'],
    ] as const) {
      log = (_, as) => (as === undefined ? { body: "" } : { status, body: { message } });
      assert.match((await look()).told.join(), /has written nothing/);
    }
  });

  it("asks ten nodes and names the others", async () => {
    log = (_, as) => (as === undefined ? { body: "" } : { status: 405, body: { message: "no" } });
    const { problems, told } = await look(
      {},
      Array.from({ length: 12 }, (_, at) => `n${11 - at}`),
    );
    assert.equal(problems.length, 1);
    assert.deepEqual(told, ["no line yet on n10, n11 either"]);
  });

  it("says in one line that nobody could look", async () => {
    const gone = await FakeCluster.start(() => ({}));
    await gone.stop();
    const context = {
      cluster: gone.client,
      file: "f",
      settings: settingsOf(),
      findCollectors: () => Promise.resolve([]),
    };
    const { problems, told } = await lookIntoSilence(context, [{ node: "n1", startedAt: 1 }], 90);
    assert.deepEqual(problems, []);
    assert.match(told.join(), /^no line to send yet on n1: nobody could look why \(.*ECONNREFUSED/);
  });
});
