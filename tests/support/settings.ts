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

/** Each distinct pipeline that the switches of the settings can make, with a title that says which. */
export function everyPipeline(): { title: string; values: StackValues }[] {
  return (
    combinations({
      logs: onOff,
      metrics: onOff,
      structuredMetadata: onOff,
      logWal: onOff,
      excludeNamespaces: ["", "kube-.*|default"],
      mode: ["none", "secret", "existing", "vault"] as const,
      loki: kinds,
      prometheus: kinds,
    })
      .filter(({ logs, metrics }) => logs || metrics)
      .filter((c) => c.logs || (c.structuredMetadata && c.logWal && c.excludeNamespaces === ""))
      // What a certificate or Vault changes, it changes whatever is done to the lines.
      .filter((c) => (c.mode !== "vault" && ![c.loki, c.prometheus].includes("mtls")) || isPlain(c))
      .filter(({ mode, loki, prometheus }) => (mode === "none") === (loki === "none" && prometheus === "none"))
      .map(({ logs, metrics, structuredMetadata, logWal, excludeNamespaces, mode, loki, prometheus }) => ({
        title: Object.entries({ logs, metrics, structuredMetadata, logWal, excludeNamespaces, mode, loki, prometheus })
          .map(([key, value]) => `${key}=${String(value)}`)
          .join(" "),
        values: {
          logs: { enabled: logs, structuredMetadata, excludeNamespaces },
          metrics: { enabled: metrics },
          wal: { logs: logWal },
          credentials: { mode, loki, prometheus },
          ...((mode === "secret" || mode === "vault") && { vault: vaultValues }),
          ...([loki, prometheus].includes("mtls") && httpsUrls),
        },
      }))
  );
}
