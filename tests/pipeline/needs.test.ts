import assert from "node:assert/strict";

import fc from "fast-check";

import { composePipeline } from "../../pipeline/compose";
import { noNeeds, sumNeeds, type PipelineNeeds } from "../../pipeline/needs";
import { everyComposed } from "../support/pipelines";
import { journalSection, settingsOf } from "../support/settings";

const needsOf = (values: Parameters<typeof settingsOf>[0]): PipelineNeeds => composePipeline(settingsOf(values)).needs;

/** `group/resource verb`, sorted; the core group is empty. */
const permissionsOf = (needs: PipelineNeeds): string[] =>
  needs.permissions.flatMap(({ group, resource, verbs }) => verbs.map((verb) => `${group}/${resource} ${verb}`)).sort();

const specified = ["/nodes list", "/nodes watch", "/services list", "/services watch"];
const forLogs = ["/pods get", "/pods list", "/pods watch", "/pods/log get"];
const forFiles = ["/pods list", "/pods watch"];

describe("pipeline needs: permissions", () => {
  for (const { title, values } of [
    { title: "with logs, the eight", values: {} },
    { title: "with logs alone, the eight", values: { metrics: { enabled: false } } },
  ])
    it(title, () => assert.deepEqual(permissionsOf(needsOf(values)), [...specified, ...forLogs].sort()));

  it("without logs, the four that the specification demands", () => {
    assert.deepEqual(permissionsOf(needsOf({ logs: { enabled: false } })), specified);
  });

  it("depend on logs alone, and on where they are read: whoever reads files may read no log through the API", () => {
    for (const { title, settings, needs } of everyComposed) {
      const { enabled, source } = settings.logs;
      const expected = enabled ? (source === "files" ? forFiles : forLogs) : [];
      assert.deepEqual(permissionsOf(needs), [...specified, ...expected].sort(), title);
    }
  });

  it("each resource once, with a reason", () => {
    const { permissions } = needsOf({});
    assert.equal(new Set(permissions.map(({ group, resource }) => `${group}/${resource}`)).size, permissions.length);
    for (const { why } of permissions) assert.notEqual(why, "");
  });
});

describe("pipeline needs: the rest", () => {
  it("one directory to write to", () => {
    for (const { title, needs } of everyComposed) assert.deepEqual(needs.writablePaths, ["/var/lib/alloy"], title);
    assert.deepEqual(needsOf({ wal: { path: "/data/alloy" } }).writablePaths, ["/data/alloy"]);
  });

  it("no directory of the node to read, but for lines from files, by the group that owns them", () => {
    const read = (values: Parameters<typeof needsOf>[0]) =>
      needsOf(values).readPaths.map(({ path, group }) => [path, group]);
    assert.deepEqual(read({}), []);
    assert.deepEqual(read({ logs: { source: "files" } }), [["/var/log/pods", 0]]);
    assert.deepEqual(read({ logs: { source: "files", fileFormat: "docker" } }), [
      ["/var/log/pods", 0],
      ["/var/lib/docker/containers", 0],
    ]);
    assert.deepEqual(read({ extraSections: [journalSection] }), [["/var/log/journal", 4]]);
    assert.deepEqual(read({ logs: { enabled: false, source: "files" } }), []);
  });

  it("the addresses that the settings name, with the port that the scheme means", () => {
    const { egress } = needsOf({
      lokiUrl: "https://loki.example.com/loki/api/v1/push",
      prometheusUrl: "http://prometheus.example.com:9090/api/v1/write",
    });
    assert.deepEqual(
      egress.map(({ host, port }) => `${host}:${port}`),
      ["kubernetes.default.svc:443", "loki.example.com:443", "prometheus.example.com:9090"],
    );
  });

  it("no address of what is off", () => {
    const hosts = (values: Parameters<typeof needsOf>[0]) => needsOf(values).egress.map(({ host }) => host);
    assert.deepEqual(hosts({ logs: { enabled: false } }), ["kube-prometheus-stack-prometheus.monitoring"]);
    assert.deepEqual(hosts({ metrics: { enabled: false } }), ["kubernetes.default.svc", "loki-gateway.monitoring.svc"]);
  });

  it("no component that is not generally available", () => {
    for (const { title, needs } of everyComposed) assert.equal(needs.stability, "generally-available", title);
  });

  it("credential files of the backends that use one", () => {
    const files = (values: Parameters<typeof needsOf>[0]) => needsOf(values).files.map(({ path }) => path);
    const existing = (loki: string, prometheus: string) => ({ credentials: { mode: "existing", loki, prometheus } });
    assert.deepEqual(files({}), []);
    assert.deepEqual(files(existing("basic", "bearer")), [
      "/etc/alloy-credentials/loki.json",
      "/etc/alloy-credentials/prometheus-token",
    ]);
    assert.deepEqual(files(existing("none", "basic")), ["/etc/alloy-credentials/prometheus.json"]);
    assert.deepEqual(files({ ...existing("basic", "basic"), metrics: { enabled: false } }), [
      "/etc/alloy-credentials/loki.json",
    ]);
  });
});

const why = fc.constantFrom("because", "since", "for");
const need: fc.Arbitrary<PipelineNeeds> = fc.record({
  env: fc.array(fc.record({ name: fc.constantFrom("A", "B", "C"), why }), { maxLength: 3 }),
  permissions: fc.array(
    fc.record({
      group: fc.constantFrom("", "apps"),
      resource: fc.constantFrom("pods", "nodes"),
      verbs: fc.uniqueArray(fc.constantFrom("get", "list", "watch")),
      why,
    }),
    { maxLength: 3 },
  ),
  files: fc.array(
    fc
      .constantFrom("a", "b")
      .chain((key) => fc.record({ secretKey: fc.constant(key), path: fc.constant(`/${key}`), why })),
    { maxLength: 3 },
  ),
  tokens: fc.array(fc.record({ audience: fc.constant("v"), path: fc.constantFrom("/t", "/u"), why }), { maxLength: 2 }),
  writablePaths: fc.array(fc.constantFrom("/x", "/y"), { maxLength: 2 }),
  readPaths: fc.array(fc.record({ path: fc.constantFrom("/r", "/s"), group: fc.constantFrom(0, 4), why }), {
    maxLength: 3,
  }),
  egress: fc.array(fc.record({ host: fc.constantFrom("h", "i"), port: fc.constantFrom(80, 443), why }), {
    maxLength: 3,
  }),
  stability: fc.constantFrom("generally-available", "public-preview", "experimental"),
});

/** Without order and reasons, which the order of the parts decides. */
function bare(needs: PipelineNeeds): unknown {
  return {
    env: needs.env.map(({ name }) => name).sort(),
    permissions: needs.permissions.map(({ group, resource, verbs }) => `${group}/${resource} ${verbs.join()}`).sort(),
    files: needs.files.map(({ secretKey, path }) => `${secretKey} ${path}`).sort(),
    tokens: needs.tokens.map(({ audience, path }) => `${audience} ${path}`).sort(),
    writablePaths: [...needs.writablePaths].sort(),
    readPaths: needs.readPaths.map(({ path, group }) => `${path} ${group}`).sort(),
    egress: needs.egress.map(({ host, port }) => `${host}:${port}`).sort(),
    stability: needs.stability,
  };
}

describe("pipeline needs: the sum", () => {
  it("of nothing is nothing", () => {
    assert.deepEqual(sumNeeds([]), noNeeds);
  });

  it("does not depend on the order", () => {
    fc.assert(
      fc.property(fc.array(need, { maxLength: 4 }), (needs) => {
        assert.deepEqual(bare(sumNeeds([...needs].reverse())), bare(sumNeeds(needs)));
      }),
    );
  });

  it("adds nothing the second time", () => {
    fc.assert(
      fc.property(fc.array(need, { maxLength: 4 }), (needs) => {
        const sum = sumNeeds(needs);
        assert.deepEqual(sumNeeds([sum]), sum);
        assert.deepEqual(bare(sumNeeds([...needs, sum])), bare(sum));
      }),
    );
  });

  it("can be taken in parts", () => {
    fc.assert(
      fc.property(fc.array(need, { maxLength: 3 }), fc.array(need, { maxLength: 3 }), (some, others) => {
        assert.deepEqual(bare(sumNeeds([sumNeeds(some), sumNeeds(others)])), bare(sumNeeds([...some, ...others])));
      }),
    );
  });

  it("keeps every reason, each once", () => {
    const pod = { group: "", resource: "pods", verbs: ["get"] };
    const parts = ["tailing", "discovery", "tailing"].map((reason) => ({
      ...noNeeds,
      permissions: [{ ...pod, why: reason }],
    }));
    assert.deepEqual(sumNeeds(parts).permissions, [{ ...pod, why: "tailing; discovery" }]);
  });
});
