import assert from "node:assert/strict";

import { composePipeline } from "../../pipeline/compose";
import { configHash } from "../../alerts/facts";
import { KubeError } from "../../operations/cluster/kubernetes-client";
import type { Collector } from "../../operations/collectors/find";
import { readStackStatus, type StackStatus } from "../../operations/status/read-status";
import { statusText } from "../../operations/status/status-text";
import type { StackContext } from "../../operations/stack-context";
import { repoRoot } from "../../kit/repo-root";
import { FakeCluster } from "../support/fake-cluster";
import { settingsOf } from "../support/settings";

const settings = settingsOf();
const { text } = composePipeline(settings);
const patience = { everyMs: 5, undecidedMs: 40 };

const page = (more = ""): string =>
  [
    'alloy_build_info{version="v1.18.1"} 1',
    `alloy_config_hash{sha256="${configHash(text)}"} 1`,
    "alloy_config_last_load_successful 1",
    "alloy_resources_process_start_time_seconds 1000",
    "alloy_resources_process_resident_memory_bytes 104857600",
    "loki_write_sent_entries_total 10",
    more,
  ].join("\n");

const collector = (node: string, pages: () => string, more: Partial<Collector> = {}): Collector => ({
  ...{ node, pod: `alloy-${node}`, phase: "running" },
  get: () => new Promise((resolve) => resolve(pages())),
  log: () => Promise.resolve(""),
  ...more,
});

describe("the status of a stack", () => {
  let cluster: FakeCluster;
  let desired = 2;
  let deployed: string | undefined = text;
  const told: string[] = [];

  before(async () => {
    cluster = await FakeCluster.start((_, url) => {
      if (url.pathname.endsWith("/daemonsets/alloy")) return { body: { status: { desiredNumberScheduled: desired } } };
      if (deployed === undefined) return { status: 403, body: { message: "configmaps is forbidden" } };
      return { body: { data: { "config.alloy": deployed } } };
    });
  });
  after(() => cluster.stop());
  beforeEach(() => {
    [desired, deployed] = [2, text];
    told.length = 0;
  });

  const read = (collectors: Collector[]): Promise<StackStatus> => {
    const context = {
      ...{ stack: "test", settings, home: repoRoot, cluster: cluster.client },
      findCollectors: () => Promise.resolve(collectors),
    } as unknown as StackContext;
    return readStackStatus(context, (words) => told.push(words), patience);
  };
  const two = (second: () => string = page): Collector[] => [collector("a", page), collector("b", second)];

  it("is well if every node has a collector with which nothing is wrong", async () => {
    const status = await read(two());
    assert.deepEqual([status.findings, status.unknown], [[], []]);
    assert.deepEqual(
      status.collectors.map(({ node, version, configuration, held }) => [node, version, configuration, held]),
      [
        ["a", "v1.18.1", "as deployed", 0],
        ["b", "v1.18.1", "as deployed", 0],
      ],
    );
    const words = statusText(status, settings, false);
    assert.match(
      words,
      /^test, cluster test-cluster: nothing is wrong\.\n2 of 2 collectors answer \(v1\.18\.1\), 2 run/,
    );
    assert.match(words, /^a {5}ok {5}v1\.18\.1 {2}as deployed {2}0\.0 {6}0 {5}0 {5}- {4}100 MiB \(20%\)$/m);
  });

  it("is ill without a collector: zero of something that must exist is a failure", async () => {
    const { findings } = await read([]);
    assert.deepEqual(
      findings.map(({ alert, node }) => [alert, node]),
      [["AlloyAbsent", undefined]],
    );
  });

  it("is ill if the DaemonSet wants more, or one ends without another in its place", async () => {
    desired = 3;
    assert.deepEqual(
      (await read(two())).findings.map(({ alert }) => alert),
      ["AlloyNodeWithoutCollector"],
    );
    desired = 2;
    const ending = collector("b", page, { phase: "ending" });
    const { findings, collectors } = await read([collector("a", page), ending]);
    assert.deepEqual([findings.map(({ alert }) => alert), collectors.length], [["AlloyNodeWithoutCollector"], 1]);
  });

  it("has what is wrong first, and names what to read", async () => {
    const status = await read(
      two(() => page('alloy_component_controller_running_components{health_type="unhealthy"} 1')),
    );
    assert.deepEqual(
      status.collectors.map(({ node }) => node),
      ["b", "a"],
    );
    const words = statusText(status, settings, false);
    assert.match(words, /: 1 thing is wrong\./);
    assert.match(words, /AlloyComponentUnhealthy \(warning\)\n {4}b: 1 of its components/);
    assert.match(words, /What to do: docs\/runbooks\/AlloyComponentUnhealthy\.md/);
  });

  it("compares with the configuration that is deployed, not with one that is not deployed yet", async () => {
    deployed = "something older";
    const { findings } = await read(two());
    assert.deepEqual(
      findings.map(({ alert }) => alert),
      ["AlloyConfigUnexpected", "AlloyConfigUnexpected"],
    );
  });

  it("says what nobody could look at", async () => {
    deployed = undefined;
    const silentLog = { log: () => Promise.reject(new Error("forbidden")) };
    const status = await read([collector("a", page, silentLog), collector("b", page)]);
    assert.equal(status.unknown.length, 2);
    assert.deepEqual(status.findings, []);
    assert.match(statusText(status, settings, false), /Nobody could look\n {2}which configuration is deployed \(/);
  });

  it("takes a collector that does not answer for ill, and whoever may not ask for somebody who cannot tell", async () => {
    const dead = collector("b", page, { get: () => Promise.reject(new Error("connect ECONNREFUSED\nmore")) });
    const { findings } = await read([collector("a", page), dead]);
    assert.equal(findings[0]?.seen, "it does not answer (connect ECONNREFUSED)");
    const locked = collector("b", page, { get: () => Promise.reject(new KubeError(403, "pods/proxy is forbidden")) });
    await assert.rejects(read([collector("a", page), locked]), { name: "KubeError" });
  });

  it("looks for longer at a collector that may be between two tries", async () => {
    let looks = 0;
    const retrying = (): string => page(`loki_write_batch_retries_total ${++looks > 4 ? 6 : 5}`);
    const { findings } = await read(two(retrying));
    assert.ok(findings.some(({ alert }) => alert === "AlloyLokiNotTaking"));
    assert.deepEqual(told, ["some collectors have tried again before: looking whether they do so now…"]);
    const quiet = await read(two(() => page("loki_write_batch_retries_total 5")));
    assert.deepEqual(quiet.findings, []);
  });

  it("shows twenty collectors that are well, and all of them if asked", async () => {
    desired = 30;
    const status = await read(Array.from({ length: 30 }, (_, i) => collector(`n${i}`, page)));
    assert.match(
      statusText(status, settings, false),
      /10 collectors more, with which nothing is wrong: --all shows them/,
    );
    assert.equal(statusText(status, settings, true).match(/^n\d+ /gm)?.length, 30);
  });
});
