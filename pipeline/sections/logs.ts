import { parseQuantity } from "../../kit/units";
import type { Settings } from "../../settings/schema";
import { credentialFiles } from "../credential-files";
import { authorityPart, backendEgress, proxyPart } from "../endpoint";
import { noNeeds, type PipelineNeeds } from "../needs";
import { longestPause, retriesWithin } from "../outage";
import { proxyEnv } from "../proxy";
import { apiServer, part, variables, type Section } from "../section";
import { authPart, fileNeeds } from "./credentials";

/** One way to read the containers' lines. Both store the same lines, with the same labels and the same metadata. */
interface LogSource {
  /** Labels that no stream may have: those that the source itself adds are among them. */
  neverLabels: string;
  parts: (settings: Settings) => Record<string, string>;
  /** What this source needs, and the other one does not. */
  needs: (settings: Settings) => Pick<PipelineNeeds, "permissions" | "readPaths">;
}

const sources: Record<Settings["logs"]["source"], LogSource> = {
  kubernetes: {
    neverLabels: "instance|pod_template_hash|controller_revision_hash",
    parts: ({ logs }) => ({
      source: part("source-kubernetes", {}),
      file_format: "",
      line_break: part("line-break", {}),
      structured_metadata: logs.structuredMetadata ? part("structured-metadata", {}) : "",
    }),
    needs: () => ({
      permissions: [
        { group: "", resource: "pods/log", verbs: ["get"], why: "loki.source.kubernetes reads logs" },
        {
          group: "",
          resource: "pods",
          verbs: ["get"],
          why: "loki.source.kubernetes looks whether a container has ended",
        },
      ],
      readPaths: [],
    }),
  },
  files: {
    neverLabels: "instance|filename|stream|pod_template_hash|controller_revision_hash",
    parts: ({ logs }) => ({
      source: part("source-files", {}),
      file_format: part(`format-${logs.fileFormat}`, {}),
      // Docker keeps the line break in the line; the other format has none.
      line_break: logs.fileFormat === "docker" ? part("line-break-docker", {}) : "",
      structured_metadata: logs.structuredMetadata ? part("structured-metadata-files", {}) : "",
    }),
    needs: ({ logs }) => ({
      permissions: [],
      readPaths: logDirectories[logs.fileFormat].map((path) => ({
        path,
        group: 0,
        why: "loki.source.file reads logs",
      })),
    }),
  },
};

/** Directories of the node that hold the containers' logs. Docker's are links, and the kubelet's folder has no more. */
const logDirectories: Record<Settings["logs"]["fileFormat"], readonly string[]> = {
  cri: ["/var/log/pods"],
  docker: ["/var/log/pods", "/var/lib/docker/containers"],
};

/** Reading the containers' lines, what is done to them, and sending them to Loki. */
export const logs: Section = {
  name: "logs",
  isOn: (settings) => settings.logs.enabled,
  content: (settings) => ({
    values: {
      lokiUrl: settings.lokiUrl,
      lokiWindow: settings.wal.lokiWindow,
      lokiPause: longestPause(settings.wal.outageBudget),
      lokiRetries: retriesWithin(settings.wal.outageBudget),
      neverLabels: sources[settings.logs.source].neverLabels,
    },
    parts: {
      ...sources[settings.logs.source].parts(settings),
      rate_limits: settings.logs.rateLimits.map(rateLimit).join("\n"),
      max_line: maxLine(settings.logs.maxLine),
      loki_auth: authPart("loki", settings),
      loki_authority: authorityPart("loki", settings),
      loki_proxy: proxyPart("loki", settings),
      log_wal: settings.wal.logs ? part("log-wal", { values: { outageBudget: settings.wal.outageBudget } }) : "",
    },
  }),
  needs: (settings) => ({
    ...noNeeds,
    env: [
      variables.clusterName,
      variables.nodeName,
      { name: "LOKI_TENANT", why: "tenant_id, sent as X-Scope-OrgID" },
      // Not read by the text: client-go reads them by itself. Source: k8s.io/apimachinery, pkg/util/net, http.go
      { name: "HTTP2_READ_IDLE_TIMEOUT_SECONDS", why: "after so long without a byte the API server is asked for one" },
      { name: "HTTP2_PING_TIMEOUT_SECONDS", why: "and after so long without an answer the connection is made anew" },
      ...proxyEnv(settings),
    ],
    ...sources[settings.logs.source].needs(settings),
    files: fileNeeds(credentialFiles(settings).loki, "loki.write"),
    writablePaths: [settings.wal.path],
    egress: [apiServer, ...backendEgress(settings, "loki")],
  }),
};

/** Alloy takes bytes with their unit, and no quantity of Kubernetes. */
function maxLine(length: string | undefined): string {
  const bytes = parseQuantity(length);
  return bytes === undefined ? "" : part("max-line", { values: { maxLine: `${Math.floor(bytes)}B` } });
}

function rateLimit({ namespaces, linesPerSecond, burst }: Settings["logs"]["rateLimits"][number]): string {
  // A LogQL selector: its strings have the escapes of JSON, as Alloy's have.
  const rateSelector = `{namespace=~${JSON.stringify(namespaces)}}`;
  return part("rate-limit", { values: { rateSelector, rateLines: linesPerSecond, rateBurst: burst } });
}
