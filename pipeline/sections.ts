import * as fs from "node:fs";
import * as path from "node:path";

import type { Backend } from "../settings/credentials";
import { apiServerHost, hostAndPort } from "../settings/network/destination";
import type { Settings } from "../settings/schema";
import { formatDuration, parseDuration } from "../kit/units";
import { credentialFiles, type CredentialFile } from "./credential-files";
import { metaLabel } from "./meta-labels";
import { noNeeds, type EgressNeed, type PipelineNeeds } from "./needs";
import { longestPause, retriesWithin } from "./outage";
import { fillTemplate, type SectionContent } from "./template";
import { vaultAuth, vaultContent, vaultNeeds } from "./vault";

/** One subject of the pipeline: a file in Alloy's language, what fills it in, and what it needs around it. */
interface Section {
  name: string;
  isOn: (settings: Settings) => boolean;
  content: (settings: Settings) => SectionContent;
  needs: (settings: Settings) => PipelineNeeds;
}

/** A section that is part of one stack's pipeline. */
export interface ChosenSection {
  name: string;
  text: string;
  needs: PipelineNeeds;
}

const always = (): boolean => true;
const withoutContent = (): SectionContent => ({});

const nodeName = { name: "NODE_NAME", why: "which node this collector is on; from the downward API" };
const clusterName = { name: "CLUSTER_NAME", why: "label cluster" };

const apiServer: EgressNeed = {
  host: apiServerHost,
  port: 443,
  why: "discovery and logs of this node's pods",
};

const sections: Section[] = [
  { name: "logging", isOn: always, content: ({ logLevel }) => ({ values: { logLevel } }), needs: () => noNeeds },
  {
    name: "platform",
    isOn: always,
    content: withoutContent,
    needs: () => ({
      ...noNeeds,
      permissions: ["nodes", "services"].map((resource) => ({
        group: "",
        resource,
        verbs: ["list", "watch"],
        why: "demanded by the platform's specification, 1.5; no component reads them today",
      })),
    }),
  },
  {
    name: "credentials-loki",
    isOn: (settings) => isJson(credentialFiles(settings).loki),
    content: (settings) => ({ values: { lokiCredentialsFile: pathOf(credentialFiles(settings).loki) } }),
    needs: () => noNeeds,
  },
  {
    name: "credentials-prometheus",
    isOn: (settings) => isJson(credentialFiles(settings).prometheus),
    content: (settings) => ({ values: { prometheusCredentialsFile: pathOf(credentialFiles(settings).prometheus) } }),
    needs: () => noNeeds,
  },
  {
    name: "vault-loki",
    isOn: (settings) => vaultAuth(settings, "loki") !== undefined,
    content: (settings) => vaultContent(settings, "loki", part),
    needs: vaultNeeds,
  },
  {
    name: "vault-prometheus",
    isOn: (settings) => vaultAuth(settings, "prometheus") !== undefined,
    content: (settings) => vaultContent(settings, "prometheus", part),
    needs: vaultNeeds,
  },
  {
    name: "discovery",
    isOn: (settings) => settings.logs.enabled,
    content: ({ logs }) => ({
      values: { includeNamespaces: logs.includeNamespaces },
      parts: {
        exclude_namespaces:
          logs.excludeNamespaces === ""
            ? ""
            : part("exclude-namespaces", { values: { excludeNamespaces: logs.excludeNamespaces } }),
        attach_metadata: hasEntries(logs.nodeLabels) ? part("attach-node", {}) : "",
        opt_out:
          logs.optOutAnnotation === ""
            ? ""
            : part("opt-out", { values: { optOutLabel: metaLabel("pod_annotation", logs.optOutAnnotation) } }),
        more_labels: [...labelRules("pod_label", logs.podLabels), ...labelRules("node_label", logs.nodeLabels)].join(
          "\n",
        ),
      },
    }),
    needs: ({ logs }) => ({
      ...noNeeds,
      env: [nodeName, { name: "NODE_SELECTOR", why: "which nodes' pods are collected" }],
      permissions: [
        ...(hasEntries(logs.nodeLabels)
          ? [{ group: "", resource: "nodes", verbs: ["list", "watch"], why: "discovery.kubernetes, labels of nodes" }]
          : []),
        {
          group: "",
          resource: "pods",
          verbs: ["list", "watch"],
          why: "discovery.kubernetes, role pod, of this node only",
        },
      ],
      egress: [apiServer],
    }),
  },
  {
    name: "logs",
    isOn: (settings) => settings.logs.enabled,
    content: (settings) => ({
      values: {
        lokiUrl: settings.lokiUrl,
        lokiWindow: settings.wal.lokiWindow,
        lokiPause: longestPause(settings.wal.outageBudget),
        lokiRetries: retriesWithin(settings.wal.outageBudget),
      },
      parts: {
        rate_limits: settings.logs.rateLimits.map(rateLimit).join("\n"),
        structured_metadata: settings.logs.structuredMetadata ? part("structured-metadata", {}) : "",
        loki_auth: authPart("loki", settings),
        log_wal: settings.wal.logs ? part("log-wal", { values: { outageBudget: settings.wal.outageBudget } }) : "",
      },
    }),
    needs: (settings) => ({
      ...noNeeds,
      env: [clusterName, nodeName, { name: "LOKI_TENANT", why: "tenant_id, sent as X-Scope-OrgID" }],
      permissions: [
        { group: "", resource: "pods/log", verbs: ["get"], why: "loki.source.kubernetes reads logs" },
        {
          group: "",
          resource: "pods",
          verbs: ["get"],
          why: "loki.source.kubernetes looks whether a container has ended",
        },
      ],
      files: fileNeeds(credentialFiles(settings).loki, "loki.write"),
      writablePaths: [settings.wal.path],
      egress: [apiServer, { ...hostAndPort(settings.lokiUrl), why: "loki.write" }],
    }),
  },
  {
    name: "metrics",
    isOn: (settings) => settings.metrics.enabled,
    content: (settings) => ({
      values: {
        metricsJob: settings.metrics.job,
        metricsInterval: settings.metrics.scrapeInterval,
        metricsTimeout: shorter(settings.metrics.scrapeInterval, "10s"),
        prometheusUrl: settings.prometheusUrl,
        metricsWalTruncate: formatDuration((parseDuration(settings.wal.outageBudget) ?? 0) / 2),
        metricsWalKeepSent: shorter(settings.wal.outageBudget, "5m"),
        metricsWalKeep: settings.wal.outageBudget,
      },
      parts: { prometheus_auth: authPart("prometheus", settings), prometheus_queue: queuePart(settings) },
    }),
    needs: (settings) => ({
      ...noNeeds,
      env: [clusterName, nodeName],
      files: fileNeeds(credentialFiles(settings).prometheus, "prometheus.remote_write"),
      writablePaths: [settings.wal.path],
      egress: [{ ...hostAndPort(settings.prometheusUrl), why: "prometheus.remote_write" }],
    }),
  },
];

/** The sections that these settings turn on, filled in, in the order in which they are read. */
export function chooseSections(settings: Settings): ChosenSection[] {
  return sections
    .filter((section) => section.isOn(settings))
    .map((section) => ({
      name: section.name,
      text: fillTemplate(`${section.name}.alloy`, readSection(section.name), section.content(settings)),
      needs: section.needs(settings),
    }));
}

const hasEntries = (labels: Readonly<Record<string, string>>): boolean => Object.keys(labels).length > 0;

/** One rule a label, in the order of their names, so that the same settings make the same text. */
function labelRules(of: "pod_label" | "node_label", labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([streamLabel, name]) => part("stream-label", { values: { sourceLabel: metaLabel(of, name), streamLabel } }));
}

function rateLimit({ namespaces, linesPerSecond, burst }: Settings["logs"]["rateLimits"][number]): string {
  // A LogQL selector: its strings have the escapes of JSON, as Alloy's have.
  const rateSelector = `{namespace=~${JSON.stringify(namespaces)}}`;
  return part("rate-limit", { values: { rateSelector, rateLines: linesPerSecond, rateBurst: burst } });
}

function readSection(name: string): string {
  return fs.readFileSync(path.join(__dirname, "sections", `${name}.alloy`), "utf8");
}

function part(name: string, content: SectionContent): string {
  return fillTemplate(`parts/${name}.alloy`, readSection(`parts/${name}`), content);
}

function authPart(target: Backend, settings: Settings): string {
  const fromVault = vaultAuth(settings, target);
  if (fromVault !== undefined)
    return part(`${{ basic: "basic-auth", bearer: "bearer", mtls: "mtls" }[fromVault]}-vault-${target}`, {});
  const file = credentialFiles(settings)[target];
  if (file === undefined) return "";
  if (file.kind === "bearer") return part(`bearer-${target}`, { values: { [`${target}TokenFile`]: file.path } });
  return part(file.kind === "basic" ? `basic-auth-${target}` : `mtls-${target}`, {});
}

// A bearer token is a file of its own, which Alloy reads at each request; the others are taken apart by the pipeline.
function isJson(file: CredentialFile | undefined): boolean {
  return file !== undefined && file.kind !== "bearer";
}

function fileNeeds(file: CredentialFile | undefined, why: string): PipelineNeeds["files"] {
  return file === undefined ? [] : [{ secretKey: file.secretKey, path: file.path, why: `${why} (${file.kind})` }];
}

// Alloy sends a batch that is not full after batch_send_deadline, 5s by default (prometheus.remote_write, queue_config).
function queuePart({ metrics }: Settings): string {
  const sendWithin = shorter(metrics.scrapeInterval, "5s");
  return sendWithin === "5s" ? "" : part("send-within", { values: { sendWithin } });
}

function pathOf(file: CredentialFile | undefined): string {
  if (file === undefined) throw new Error("a credential section is on without its file");
  return file.path;
}

function shorter(a: string, b: string): string {
  return (parseDuration(a) ?? 0) < (parseDuration(b) ?? 0) ? a : b;
}
