import assert from "node:assert/strict";

import { factsOf } from "../../alerts/facts";
import { keptMetrics } from "../../alerts/kept-metrics";
import { alerts, type AlertName } from "../../alerts/table";
import { findingsOf, isUndecided, withoutFinding, type Finding, type Seen } from "../../operations/status/findings";
import { heldIn, latenessBetween, lookAt, type Look } from "../../operations/status/look";
import { settingsOf } from "../support/settings";

const settings = settingsOf({ logs: { rateLimits: [{ namespaces: "a", linesPerSecond: 1, burst: 1 }] } });
const facts = factsOf(settings, "text");
const kept = new Set(keptMetrics(settings));
const start = Date.parse("2026-01-01T00:00:00Z");

const requests = "loki_write_request_duration_seconds_count";
const latency = "loki_write_entry_propagation_latency_seconds_bucket";

/** A collector with which nothing is wrong. */
const healthy: Record<string, number> = {
  'alloy_build_info{version="v1.18.1"}': 1,
  [`alloy_config_hash{sha256="${facts.configHash}"}`]: 1,
  alloy_config_last_load_successful: 1,
  'alloy_component_controller_running_components{health_type="healthy"}': 20,
  alloy_resources_process_start_time_seconds: 1_000,
  alloy_resources_process_resident_memory_bytes: 9e7,
  'loki_relabel_entries_processed{component_id="loki.relabel.drop_high_cardinality"}': 600,
  'loki_relabel_entries_written{component_id="loki.relabel.drop_high_cardinality"}': 600,
  loki_write_sent_entries_total: 600,
  'loki_write_dropped_entries_total{reason="ingester_error"}': 0,
  loki_write_batch_retries_total: 0,
  [`${requests}{status_code="204"}`]: 60,
  [`${latency}{le="1"}`]: 600,
  [`${latency}{le="120"}`]: 600,
  [`${latency}{le="+Inf"}`]: 600,
};

const page = (samples: Record<string, number>): string =>
  Object.entries(samples)
    .map(([name, value]) => `${name} ${value}`)
    .join("\n");
const look = (changes: Record<string, number> = {}, at = start): Look =>
  lookAt(page({ ...healthy, ...changes }), at, kept);

function seen(before: Record<string, number>, after: Record<string, number>, more: Partial<Seen> = {}): Finding[] {
  const looks = { before: look(before), after: look(after, start + 5_000) };
  return findingsOf({ node: "node-1", silent: undefined, errors: [], ...looks, ...more }, facts, facts.configHash);
}

const logged = (text: string): Partial<Seen> => ({ errors: [{ text, at: start }] });
const forbidden = 'level=warn err="pods \\"a\\" is forbidden: User cannot get resource \\"pods/log\\""';

/** A collector that has started a minute before the first look. */
const recent = { alloy_resources_process_start_time_seconds: start / 1_000 - 60 };

/** How each alert's fault looks to two looks, 5 seconds apart. */
const cases: [AlertName, Finding[], RegExp][] = [
  ["AlloyCollectorDown", seen({}, {}, { after: undefined, silent: "it does not answer (refused)" }), /refused/],
  ["AlloyCollectorRestarting", seen({}, recent, { restarts: 3 }), /started again 3 times/],
  ["AlloyConfigNotLoaded", seen({}, { alloy_config_last_load_successful: 0 }), /refused its configuration/],
  [
    "AlloyComponentUnhealthy",
    seen({}, { 'alloy_component_controller_running_components{health_type="unhealthy"}': 2 }),
    /^2 of/,
  ],
  ["AlloyLinesDropped", seen({}, { 'loki_write_dropped_entries_total{reason="ingester_error"}': 7 }), /^7 lines/],
  ["AlloyCredentialRefused", seen({}, { [`${requests}{status_code="401"}`]: 1 }), /401/],
  ["AlloyLokiRefusesBatches", seen({}, { [`${requests}{status_code="400"}`]: 1 }), /400/],
  ["AlloyLokiErrors", seen({}, { [`${requests}{status_code="500"}`]: 1 }), /^1 of 1 requests/],
  [
    "AlloyLokiNotTaking",
    seen({}, { loki_write_batch_retries_total: 60 }),
    / 0 lines are held, the first are given up in 34 minutes at the earliest/,
  ],
  ["AlloyLinesLate", seen({}, { [`${latency}{le="120"}`]: 700, [`${latency}{le="+Inf"}`]: 700 }), /120 s/],
  [
    "AlloyQueueFilling",
    seen({}, { 'loki_relabel_entries_written{component_id="loki.relabel.drop_high_cardinality"}': 3e4 }),
    /29400/,
  ],
  ["AlloyNothingRead", seen({}, {}, logged(forbidden)), /pods\/log/],
  ["AlloyDiscoveryFailing", seen({}, { prometheus_sd_kubernetes_failures_total: 1 }), /could not list pods/],
  ["AlloyLinesTooOld", seen({}, { 'loki_process_dropped_lines_total{reason="older_than_loki_window"}': 3 }), /3 lines/],
  [
    "AlloyLinesRateLimited",
    seen({}, { 'loki_process_dropped_lines_total{reason="ratelimit_drop_stage"}': 3 }),
    /3 lines/,
  ],
  [
    "AlloyLogWalBehind",
    seen({}, { loki_write_wal_writer_last_written_timestamp: 9_000, loki_write_last_read_timestamp: 1_000 }),
    /8000 s/,
  ],
  [
    "AlloyRemoteWriteBehind",
    seen(
      {},
      {
        prometheus_remote_storage_queue_highest_timestamp_seconds: 2_000,
        prometheus_remote_storage_queue_highest_sent_timestamp_seconds: 1_500,
      },
    ),
    /500 s late/,
  ],
  ["AlloyRemoteWriteFailing", seen({}, { prometheus_remote_storage_samples_failed_total: 5 }), /5 samples/],
  ["AlloyWalSpace", seen({}, { prometheus_tsdb_wal_storage_size_bytes: 2 ** 30 }), /1024 MiB of 1Gi/],
  ["AlloyWalBroken", seen({}, { prometheus_tsdb_wal_writes_failed_total: 1 }), /write-ahead log/],
  ["AlloyMemoryNearLimit", seen({}, { alloy_resources_process_resident_memory_bytes: 5e8 }), /477 MiB of 512Mi/],
  [
    "AlloyCredentialFileUnread",
    seen({}, { local_file_timestamp_last_accessed_unix_seconds: start / 1_000 - 400 }),
    /405 s ago/,
  ],
];

describe("status: what is wrong with a collector", () => {
  it("is nothing if it is healthy, also after some time", () => {
    assert.deepEqual(seen({}, {}), []);
    assert.deepEqual(seen({}, { loki_write_sent_entries_total: 700, loki_write_batch_retries_total: 3 }), []);
  });

  for (const [alert, findings, words] of cases)
    it(`is called ${alert}`, () => {
      const found = findings.find((one) => one.alert === alert) ?? assert.fail(JSON.stringify(findings));
      assert.match(found.seen, words);
      assert.equal(found.node, "node-1");
      assert.match(found.lost, /^[A-Z].*\.$/);
    });

  it("is another configuration, with the beginning of both hashes", () => {
    const [found] = findingsOf(
      { node: "node-1", before: look(), after: look(), silent: undefined, errors: [] },
      facts,
      "a".repeat(64),
    );
    assert.equal(found?.alert, "AlloyConfigUnexpected");
    assert.ok(found.seen.includes(`${facts.configHash.slice(0, 8)}, not aaaaaaaa`));
  });

  it("is too many series, which is for information", () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`${requests}{status_code="2${i}"}`, 1]));
    const found = seen(many, many).find(({ alert }) => alert === "AlloySeriesOverBudget");
    assert.equal(found?.severity, "info");
  });

  it("is one of the table's alerts, each but those that need more than two looks", () => {
    const others = ["AlloyConfigUnexpected", "AlloySeriesOverBudget"];
    const ofCluster = ["AlloyAbsent", "AlloyNodeWithoutCollector"];
    const covered = [...cases.map(([name]) => name), ...others, ...ofCluster, ...withoutFinding];
    assert.deepEqual(covered.sort(), alerts.map(({ name }) => name).sort());
  });

  it("comes with the worst first", () => {
    const found = seen(
      {},
      { alloy_config_last_load_successful: 0, alloy_resources_process_resident_memory_bytes: 5e8 },
    );
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ["critical", "warning"],
    );
  });

  it("is not a collector that was started again three times, if the last time was more than an hour ago", () =>
    assert.deepEqual(seen({}, {}, { restarts: 3 }), []));

  it("is not judged by two looks at two processes", () => {
    const anew = { alloy_resources_process_start_time_seconds: 2_000, [`${requests}{status_code="401"}`]: 5 };
    assert.deepEqual(seen({}, anew), []);
  });

  it("is not a refusal that is over", () => {
    assert.deepEqual(seen({}, {}, { errors: [{ text: forbidden, at: start - 60_000 }] }), []);
  });
});

describe("status: a look at a collector", () => {
  it("takes lines that were given and neither sent nor dropped for held, and never less than none", () => {
    const given = 'loki_relabel_entries_written{component_id="loki.relabel.drop_high_cardinality"}';
    assert.equal(heldIn(look({ [given]: 650 })), 50);
    assert.equal(heldIn(look({ [given]: 10 })), 0);
  });

  it("knows no lateness if Loki took no line meanwhile", () =>
    assert.equal(latenessBetween(look(), look()), undefined));

  it("is not enough if the collector has tried again before and nothing has happened since", () => {
    const tried = { loki_write_batch_retries_total: 5 };
    assert.ok(isUndecided(look(tried), look(tried)));
    assert.ok(!isUndecided(look(), look()));
    assert.ok(!isUndecided(look(tried), look({ ...tried, loki_write_sent_entries_total: 601 })));
    assert.ok(!isUndecided(look(tried), look({ loki_write_batch_retries_total: 6 })));
  });
});
