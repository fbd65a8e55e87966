import { parseSettings } from "../../settings/parse-settings";
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
    { namespaces: 'batch-.*|["]?quoted', linesPerSecond: 100, burst: 1000 },
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

/** The node's journal, which needs a directory of the node. */
export const journalSection = {
  file: "examples/sections/journal.alloy",
  needs: { readPaths: [{ path: "/var/log/journal", group: 4 }] },
} as const;

/** What a pipeline is made of, with a title that says which settings those are. */
export interface PipelineValues {
  title: string;
  values: StackValues;
}

const titleOf = (choice: Record<string, unknown>): string =>
  Object.entries(choice)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(" ");

/** Each distinct pipeline that the switches of the settings can make. */
export function everyPipeline(): PipelineValues[] {
  return [
    ...switchedPipelines(),
    ...linePipelines(),
    ...filePipelines(),
    ...vaultPipelines(),
    ...frequentPipelines(),
    ...elsewherePipelines(),
  ];
}

/**
 * What is done to targets and lines, one switch at a time. Of the whole product every eleventh, and all of it within each
 * of the two components whose text several of these settings share: in another component nothing can go wrong between
 * two of them that does not go wrong with one.
 */
function linePipelines(): PipelineValues[] {
  const targets = { excludeNamespaces: ["", "kube-.*"], optOut: onOff, podLabels: onOff, nodeLabels: onOff } as const;
  const lines = {
    structuredMetadata: onOff,
    rateLimits: onOff,
    sections: ["none", "one", "all"],
    logWal: onOff,
  } as const;
  const usual = { excludeNamespaces: "", optOut: true, podLabels: false, nodeLabels: false } as const;
  const plain = { structuredMetadata: true, rateLimits: false, sections: "none", logWal: false } as const;
  return [
    ...combinations(targets).map((choice) => ({ ...choice, ...plain })),
    ...combinations(lines).map((choice) => ({ ...usual, ...choice })),
    // 384 of them; no number of a switch's values divides 11, so each meets each.
    ...combinations({ ...targets, ...lines }).filter((_, at) => at % 11 === 0),
  ].map((choice) => ({
    title: titleOf(choice),
    values: {
      logs: {
        structuredMetadata: choice.structuredMetadata,
        excludeNamespaces: choice.excludeNamespaces,
        ...(!choice.optOut && { optOutAnnotation: "" }),
        ...(choice.podLabels && { podLabels: moreLabels.podLabels }),
        ...(choice.nodeLabels && { nodeLabels: moreLabels.nodeLabels }),
        ...(choice.rateLimits && { rateLimits: moreLabels.rateLimits, maxLine: "256Ki" }),
      },
      wal: { logs: choice.logWal },
      extraSections: exampleSections.slice(0, { none: 0, one: 1, all: exampleSections.length }[choice.sections]),
    },
  }));
}

/** Lines that are read from files, beside what else is done to them. */
function filePipelines(): PipelineValues[] {
  return combinations({
    fileFormat: ["cri", "docker"] as const,
    structuredMetadata: onOff,
    more: ["nothing", "labels", "examples", "journal"] as const,
  }).map(({ fileFormat, structuredMetadata, more }) => ({
    title: titleOf({ source: "files", fileFormat, structuredMetadata, more }),
    values: {
      logs: { source: "files", fileFormat, structuredMetadata, ...(more === "labels" && moreLabels) },
      ...(more === "examples" && { extraSections: exampleSections }),
      ...(more === "journal" && { extraSections: [journalSection] }),
    },
  }));
}

/** How a collector logs in to Vault by itself. */
function vaultPipelines(): PipelineValues[] {
  return combinations({ namespace: [undefined, "platform/alloy"], audience: [undefined, "vault"], loki: kinds })
    .filter(({ loki }) => loki !== "none")
    .map(({ namespace, audience, loki }) => ({
      title: titleOf({ mode: "vault", namespace, audience, loki }),
      values: {
        credentials: { mode: "vault", loki, prometheus: "basic" },
        vault: { ...vaultValues, ...(namespace !== undefined && { namespace }), login: { audience } },
        ...(loki === "mtls" && httpsUrls),
      },
    }));
}

/** What an endpoint has beside its URL and its credential, each beside each. */
function elsewherePipelines(): PipelineValues[] {
  const guid = "00000000-1111-2222-3333-444444444444";
  const identities = {
    none: undefined,
    aws: { aws: { region: "eu-west-1" } },
    azure: { azure: { clientId: guid, tenantId: guid } },
  };
  return combinations({
    ca: onOff,
    tenant: onOff,
    proxy: onOff,
    identity: ["none", "aws", "azure"] as const,
    mode: ["none", "existing", "vault"] as const,
  }).map(({ ca, tenant, proxy, identity, mode }) => ({
    title: titleOf({ ca, tenant, proxy, identity, mode }),
    values: {
      ...httpsUrls,
      ...(ca && { lokiCaFile: "ca.pem", prometheusCaFile: "ca.pem" }),
      ...(tenant && { prometheusTenant: "team-a", prometheusHeaders: { "X-Region": "eu", A: '"$(b)"' } }),
      ...(proxy && { proxy: { url: "http://proxy.detectviz.internal:3128" } }),
      ...(identity !== "none" && { prometheusIdentity: identities[identity] }),
      credentials: { mode, loki: "basic", prometheus: identity === "none" ? "bearer" : "none" },
      ...(mode === "vault" && { vault: vaultValues }),
    },
  }));
}

/** Metrics that are read more often than Alloy sends by itself, beside each way in which a collector proves itself. */
function frequentPipelines(): PipelineValues[] {
  const modes = ["existing", "vault"] as const;
  return combinations({ mode: modes, prometheus: kinds }).map(({ mode, prometheus }) => ({
    title: titleOf({ scrapeInterval: "1s", mode, prometheus }),
    values: {
      metrics: { scrapeInterval: "1s" },
      credentials: { mode, loki: "basic", prometheus },
      ...(mode === "vault" && { vault: vaultValues }),
      ...(prometheus === "mtls" && httpsUrls),
    },
  }));
}

/** What is collected, what proves the collector to its backends, and the rest all on or all off. */
function switchedPipelines(): PipelineValues[] {
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
        title: titleOf({ logs, metrics, structuredMetadata, logWal, excludeNamespaces, more, mode, loki, prometheus }),
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
