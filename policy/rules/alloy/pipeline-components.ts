/**
 * @severity critical
 * @link https://grafana.com/docs/alloy/latest/reference/components/
 */
import type { ResourceRule } from "../../rule";
import { onBlocks } from "./pipeline-blocks";
import type { PipelinePlace } from "./runs-pipeline";

/**
 * Components and blocks of a collector: they read this node's logs and figures, work on them and send them where the
 * settings say. Not here is what listens for others (`loki.source.api`, `otelcol.receiver.*`), what takes its
 * configuration from elsewhere (`remotecfg`, `import.*`, `remote.http`), what hides components from a reader of the text
 * (`declare`, `foreach`, `template`), and what shows data on the UI, which asks for no password (`livedebugging`).
 * A component that is added here needs an entry in component-permissions.ts too.
 * Source: docs/sources/reference of grafana/alloy v1.18.1
 */
const allowed: ReadonlySet<string> = new Set([
  "logging",
  "discovery.kubernetes",
  "discovery.relabel",
  "local.file",
  "loki.process",
  "loki.relabel",
  "loki.secretfilter",
  "loki.source.file",
  "loki.source.journal",
  "loki.source.kubernetes",
  "loki.source.kubernetes_events",
  "loki.write",
  "prometheus.exporter.self",
  "prometheus.exporter.unix",
  "prometheus.relabel",
  "prometheus.remote_write",
  "prometheus.scrape",
  "remote.vault",
]);

/** Switches that open or share something, wherever they stand; each with the one value that it may have. */
const closed: Readonly<Record<string, { value: string; why: string }>> = {
  insecure_skip_verify: { value: "false", why: "takes any certificate, and so anybody, for the server" },
  insecure: { value: "false", why: "speaks without TLS" },
  follow_redirects: { value: "false", why: "lets a server send the request, credential and all, to another one" },
  proxy_from_environment: { value: "false", why: "lets a variable choose whom everything is sent through" },
};

/** Blocks inside a component that listen or share. */
const closedBlocks: Readonly<Record<string, string>> = {
  clustering: "shares work with other collectors, which listen for it",
  http: "listens for others",
  grpc: "listens for others",
  listener: "listens for others",
};

/** What a component may be told, where it could be told to ask somebody else, or for what is not its own. */
const attributes: Readonly<Record<string, readonly string[]>> = {
  "discovery.kubernetes": ["role"],
  "loki.source.file": ["targets", "forward_to"],
  "loki.source.journal": ["path", "forward_to", "labels", "matches", "max_age", "format_as_json", "relabel_rules"],
  "loki.source.kubernetes": ["targets", "forward_to"],
  "loki.source.kubernetes_events": ["job_name", "namespaces", "forward_to", "log_format"],
  "prometheus.exporter.unix": ["set_collectors", "enable_collectors", "disable_collectors", "include_exporter_metrics"],
  "local.file": ["filename", "detector", "poll_frequency", "is_secret"],
};

/** Their inner blocks: a `client` block names another API server and other credentials. */
const inner: Readonly<Record<string, readonly string[]>> = {
  "discovery.kubernetes": ["selectors", "namespaces", "attach_metadata"],
  "loki.source.file": ["file_match"],
  "loki.source.journal": [],
  "loki.source.kubernetes": ["clustering"],
  "loki.source.kubernetes_events": [],
  "prometheus.exporter.unix": ["cpu", "disk", "diskstats", "netclass", "netdev", "netstat", "vmstat"],
  "local.file": [],
};

export function pipelineComponents(place: PipelinePlace): ResourceRule {
  return {
    name: "alloy-pipeline-components",
    description: "The pipeline is made of components that read, work on and send: none listens, hides or is remote.",
    severity: "critical",
    remediation: "Take it out, or add the component to the pack's list with what it opens.",
    url: "https://grafana.com/docs/alloy/latest/reference/components/",
    checks: [
      onBlocks(place, ({ block, around }, complain) => {
        if (around.length === 0 && !allowed.has(block.name))
          complain(block.line, `${block.name} is no component that a collector may have`);
      }),
      onBlocks(place, ({ block, around }, complain) => {
        const [component] = around;
        if (component === undefined) return;
        const why = Object.hasOwn(closedBlocks, block.name) ? closedBlocks[block.name] : undefined;
        const isOff = block.attributes.get("enabled")?.[0]?.text === "false";
        if (why !== undefined && !isOff) complain(block.line, `${component.name}: the block ${block.name} ${why}`);
        if (around.length === 1 && inner[component.name]?.includes(block.name) === false)
          complain(block.line, `${component.name} may not have the block ${block.name}`);
      }),
      onBlocks(place, ({ block, around }, complain) => {
        const known = around.length === 0 ? attributes[block.name] : undefined;
        for (const [name, expression] of block.attributes) {
          const line = expression[0]?.line ?? block.line;
          if (known?.includes(name) === false) complain(line, `${block.name} may not be told ${name}`);
          const switched = Object.hasOwn(closed, name) ? closed[name] : undefined;
          if (switched !== undefined && expression.map(({ text }) => text).join("") !== switched.value)
            complain(line, `${name} ${switched.why}`, `Leave it out, or write ${switched.value}.`);
        }
      }),
    ],
  };
}
