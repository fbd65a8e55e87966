import { parseSettings } from "../../settings/load";
import type { Settings } from "../../settings/schema";

/** Stack config as a person writes it in YAML under `config:`, without the prefix `alloy:`. */
export type StackValues = Record<string, unknown>;

/** The least that a stack has to say. */
const least: StackValues = { clusterName: "test-cluster", lokiTenant: "test-tenant", environment: "local" };

/** Where the Vault of these tests is said to be; nothing calls it. */
export const vaultValues = { address: "https://vault.example.internal:8200", path: "detectviz/test/alloy" };

/** The least, and on top of it these values, in the shape of `pulumi.runtime.allConfig()`. */
export function configOf(values: StackValues = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...least, ...values }).map(([key, value]) => [
      `alloy:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** Settings of the least and these values, read as the program reads them. */
export function settingsOf(values: StackValues = {}): Settings {
  return parseSettings(configOf(values), "Pulumi.test.yaml");
}

type Choices = Record<string, readonly unknown[]>;

/** Every combination of one value a key. */
export function combinations<C extends Choices>(choices: C): { [K in keyof C]: C[K][number] }[] {
  const start: Record<string, unknown>[] = [{}];
  const all = Object.entries(choices).reduce(
    (made, [key, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    start,
  );
  return all as { [K in keyof C]: C[K][number] }[];
}

const onOff = [true, false] as const;
const kinds = ["none", "basic", "bearer", "mtls"] as const;

const httpsUrls = {
  lokiUrl: "https://loki.example.com/loki/api/v1/push",
  prometheusUrl: "https://prometheus.example.com/api/v1/write",
};

interface LineSwitches {
  logs: boolean;
  structuredMetadata: boolean;
  logWal: boolean;
  excludeNamespaces: string;
}

const isPlain = ({ structuredMetadata, logWal, excludeNamespaces, logs }: LineSwitches): boolean =>
  structuredMetadata && excludeNamespaces === "" && (logs ? !logWal : logWal);

/** Settings of labels and limits that differ from their defaults. */
export const moreLabels = {
  optOutAnnotation: "",
  podLabels: { team: "example.com/team", tier: "tier" },
  nodeLabels: { zone: "topology.kubernetes.io/zone" },
  rateLimits: [
    { namespaces: 'batch-.*|"quoted"', linesPerSecond: 100, burst: 1000 },
    { namespaces: "dev", linesPerSecond: 10, burst: 10 },
  ],
} as const;

/** The examples of the repository, all at once. */
export const exampleSections: readonly { file: string; entry?: string; needs?: Record<string, unknown> }[] = [
  { file: "examples/sections/multiline.alloy", entry: "loki.process.multiline" },
  { file: "examples/sections/redaction.alloy", entry: "loki.process.redaction" },
  { file: "examples/sections/level.alloy", entry: "loki.process.level" },
  {
    file: "examples/sections/node-local-target.alloy",
    needs: { env: ["NODE_IP", "NODE_NAME"], egress: [{ host: "10.0.0.1", port: 9253 }] },
  },
];

/** Each distinct pipeline that the switches of the settings can make, with a title that says which. */
export function everyPipeline(): { title: string; values: StackValues }[] {
  return (
    combinations({
      logs: onOff,
      metrics: onOff,
      structuredMetadata: onOff,
      logWal: onOff,
      excludeNamespaces: ["", "kube-.*|default"],
      more: ["nothing", "labels", "examples"] as const,
      mode: ["none", "secret", "existing", "vault"] as const,
      loki: kinds,
      prometheus: kinds,
    })
      .filter(({ logs, metrics }) => logs || metrics)
      .filter((c) => c.logs || (c.structuredMetadata && c.logWal && c.excludeNamespaces === ""))
      // Labels and the user's own sections stand where lines are; what proves the collector to Loki is beside them.
      .filter((c) => c.more === "nothing" || (c.logs && c.metrics && c.mode !== "secret" && c.prometheus === "none"))
      // What a certificate or Vault changes, it changes whatever is done to the lines.
      .filter((c) => (c.mode !== "vault" && ![c.loki, c.prometheus].includes("mtls")) || isPlain(c))
      .filter(({ mode, loki, prometheus }) => (mode === "none") === (loki === "none" && prometheus === "none"))
      .map(({ logs, metrics, structuredMetadata, logWal, excludeNamespaces, more, mode, loki, prometheus }) => ({
        title: Object.entries({
          ...{ logs, metrics, structuredMetadata, logWal, excludeNamespaces, more, mode, loki, prometheus },
        })
          .map(([key, value]) => `${key}=${String(value)}`)
          .join(" "),
        values: {
          logs: { enabled: logs, structuredMetadata, excludeNamespaces, ...(more === "labels" && moreLabels) },
          ...(more === "examples" && { extraSections: exampleSections }),
          metrics: { enabled: metrics },
          wal: { logs: logWal },
          credentials: { mode, loki, prometheus },
          ...((mode === "secret" || mode === "vault") && { vault: vaultValues }),
          ...([loki, prometheus].includes("mtls") && httpsUrls),
        },
      }))
  );
}
