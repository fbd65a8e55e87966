import { perNode } from "../../alerts/alert";
import { authKinds, credentialFiles } from "../../pipeline/credential-files";
import { nodeRateOf } from "../facts";
import { when, type RowSpec } from "../panel";

/** What is kept on the node's disk, and what the collectors log in with. */
export const buffers: RowSpec = {
  title: "Buffers and credentials",
  panels: (facts, settings) => {
    const { own, limits } = facts;
    const { metrics, logs, wal, credentials } = settings;
    const hasFiles = Object.keys(credentialFiles(settings)).length > 0;
    const asksVault = credentials.mode === "vault" && Object.keys(authKinds(settings)).length > 0;
    const max = (metric: string): string => `max ${perNode} (${own(metric)})`;
    return [
      ...when(metrics.enabled, {
        kind: "timeseries",
        title: "Remote write's log on the disk, by node",
        description: `Samples that are kept for an outage of Prometheus. The limit is 80 % of alloy:wal.disk (${wal.disk}).`,
        unit: "bytes",
        queries: [{ expr: `sum ${perNode} (${own("prometheus_tsdb_wal_storage_size_bytes")})`, legend: "{{node}}" }],
        limits: [{ value: limits.walBytes, colour: "orange" }],
        alerts: ["AlloyWalSpace", "AlloyWalBroken"],
      }),
      ...when(logs.enabled && wal.logs, {
        kind: "timeseries",
        title: "How late the log WAL is sent, by node",
        description:
          "From what was written last to what was read last. Segments older than the outage budget are deleted.",
        unit: "s",
        queries: [
          {
            expr: `${max("loki_write_wal_writer_last_written_timestamp")} - ${max("loki_write_last_read_timestamp")}`,
            legend: "{{node}}",
          },
        ],
        limits: [{ value: limits.logWalBehindSeconds, colour: "red" }],
        alerts: ["AlloyLogWalBehind"],
      }),
      ...when(hasFiles, {
        kind: "timeseries",
        title: "When the credential's file was read, by node",
        description: "Time since the collector has read the file. A new credential reaches it with the next reading.",
        unit: "s",
        queries: [
          {
            expr: `time() - min ${perNode} (${own("local_file_timestamp_last_accessed_unix_seconds")})`,
            legend: "{{node}}",
          },
        ],
        limits: [{ value: limits.credentialAgeSeconds, colour: "orange" }],
        alerts: ["AlloyCredentialFileUnread"],
      }),
      ...when(
        asksVault,
        {
          kind: "timeseries",
          title: "Reads of the credential from Vault, by node",
          description: "Successful reads. A collector that reads nothing keeps the credential that it has.",
          unit: "suffix: /s",
          queries: [{ expr: nodeRateOf(facts, own("remote_vault_secret_reads_total")), legend: "{{node}}" }],
          alerts: ["AlloyVaultNotRead"],
        },
        {
          kind: "timeseries",
          title: "Logins to Vault, by node",
          description: "Successful logins. A login is good for the period that its role has in Vault.",
          unit: "suffix: /s",
          queries: [{ expr: nodeRateOf(facts, own("remote_vault_auth_total")), legend: "{{node}}" }],
          alerts: ["AlloyVaultNotRead"],
        },
      ),
    ];
  },
};
