import { formatDuration, parseDuration } from "../../kit/units";
import { authKinds, credentialFiles } from "../../pipeline/credential-files";
import { always, perNode, type Alert } from "../alert";

const keepsOld = "Nothing while the credential that was read last is valid.";

/** What collectors work with: memory, processor, credentials, and their own series. */
export const meansAlerts = {
  AlloyMemoryNearLimit: {
    isOn: always,
    unit: "bytes",
    summary: "The collector of {{ $labels.node }} uses {{ $value | humanize1024 }}B of memory",
    lost: ({ settings }) =>
      `Nothing yet. At ${settings.resources.limits.memory} it is killed and loses what it has not sent.`,
    rules: ({ own, limits }) => [
      {
        severity: "warning",
        expr: `max ${perNode} (${own("alloy_resources_process_resident_memory_bytes")}) > ${limits.memoryBytes}`,
        for: "15m",
      },
    ],
  },
  AlloyCpuAtLimit: {
    isOn: always,
    unit: "cores",
    summary: "The collector of {{ $labels.node }} is at its CPU limit",
    lost: () => "Nothing yet: it falls behind, and what the kubelet rotates away meanwhile is lost.",
    rules: ({ own, range, limits }) => [
      {
        severity: "warning",
        expr: `sum ${perNode} (rate(${own("alloy_resources_process_cpu_seconds_total")}[${range("10m")}])) > ${limits.cpuCores}`,
        for: "30m",
      },
    ],
  },
  AlloyVaultNotRead: {
    isOn: (settings) => settings.credentials.mode === "vault" && Object.keys(authKinds(settings)).length > 0,
    unit: "reads",
    summary: "The collector of {{ $labels.node }} does not get its credential from Vault",
    lost: ({ settings }) => `${keepsOld} Its login ends ${settings.vault?.login.period ?? ""} after the last renewal.`,
    rules: ({ own, range, settings }) => {
      const rereads = 5 * (parseDuration(settings.vault?.login.reread ?? "") ?? 0);
      const span = range(formatDuration(Math.max(10 * 60_000, rereads)));
      return [
        {
          severity: "warning",
          expr: `sum ${perNode} (increase(${own("remote_vault_secret_reads_total")}[${span}])) == 0`,
          for: "5m",
        },
      ];
    },
  },
  AlloyCredentialFileUnread: {
    isOn: (settings) => Object.values(credentialFiles(settings)).some(({ kind }) => kind !== "bearer"),
    unit: "seconds",
    summary: "The collector of {{ $labels.node }} does not read its credential's file",
    lost: () => `${keepsOld} A new one does not reach this collector.`,
    rules: ({ own, limits }) => [
      {
        severity: "warning",
        expr: `time() - min ${perNode} (${own("local_file_timestamp_last_accessed_unix_seconds")}) > ${limits.credentialAgeSeconds}`,
        for: "10m",
      },
    ],
  },
  AlloySeriesOverBudget: {
    isOn: always,
    unit: "series",
    summary: "The collector of {{ $labels.node }} costs Prometheus {{ $value }} series",
    lost: () => "Nothing: Prometheus keeps more series than was planned.",
    rules: ({ own, limits }) => [
      {
        severity: "info",
        expr: `max ${perNode} (${own("scrape_samples_post_metric_relabeling")}) > ${limits.series}`,
        for: "1h",
      },
    ],
  },
} satisfies Record<string, Alert>;
