/**
 * @severity critical
 * @link https://grafana.com/docs/alloy/latest/reference/components/loki/loki.write/
 */
import type { Token } from "../../../pipeline/language";
import type { ResourceRule } from "../../rule";
import { expressionOf, onBlocks } from "./pipeline-blocks";
import type { PipelinePlace } from "./runs-pipeline";

/** Whom the pipeline may speak to, as the settings have it: hosts, with the ports where those are stated. */
export interface Addresses {
  /** `loki-gateway.monitoring.svc:80`, in lower case. */
  hosts: readonly string[];
}

/** Attributes whose value is an address, whatever it looks like. */
const addressed: ReadonlySet<string> = new Set([
  "url",
  "server",
  "endpoint",
  "address",
  "api_server",
  "proxy_url",
  "token_url",
  "metadata_url",
  "host",
  "sts_endpoint",
]);

/** Attributes that read a file of credentials for an address of its own. */
const byFile: ReadonlySet<string> = new Set(["kubeconfig_file", "config_file", "credential_process"]);

// The node itself: how a section of the user's own reaches what runs on it. Source: examples/sections/README.md
const nodeAddress = /^sys\.env\("NODE_IP(?:_IN_URL)?"\)\+":\d{1,5}"$/;

/**
 * Read from the text and compared with the settings alone, whatever has composed it: a section of the user's own may
 * send to what its needs name.
 */
export function pipelineAddresses(place: PipelinePlace, { hosts }: Addresses): ResourceRule {
  return {
    name: "alloy-pipeline-addresses",
    description: "Every address in the pipeline is one that the settings name.",
    severity: "critical",
    remediation:
      "Change alloy:lokiUrl, alloy:prometheusUrl, alloy:vault or alloy:proxy, or name the host in a section's needs.egress.",
    url: "https://grafana.com/docs/alloy/latest/reference/components/loki/loki.write/",
    checks: [
      // Any text that is a URL, in whatever attribute: a new one of Alloy's needs no entry here.
      onBlocks(place, ({ block }, complain) => {
        for (const [name, expression] of block.attributes)
          for (const { kind, text, line } of expression)
            if (kind === "string")
              for (const [, authority = ""] of text.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/([^/?#\s"'`]*)/gi))
                if (!isAllowed(authority, text, hosts)) complain(line, `${name} names a host that no setting names`);
      }),
      onBlocks(place, ({ block }, complain) => {
        for (const [name, expression] of block.attributes) {
          const line = expression[0]?.line ?? block.line;
          if (byFile.has(name)) complain(line, `${name} takes an address from a file`);
          // A URL that is put together cannot be read here.
          if (addressed.has(name) && !isUrl(expression))
            complain(line, `${name} is not one URL, written as plain text`);
        }
      }),
      onBlocks(place, ({ block }, complain) => {
        for (const [name, expression] of block.attributes)
          for (const value of targetAddresses(name, expression))
            if (!nodeAddress.test(value) && !hosts.includes(plain(value)))
              complain(expression[0]?.line ?? block.line, `${name} has a target that no setting names`);
      }),
      // What is read from a text may name anybody: the text is no list that can be read here.
      onBlocks(place, ({ block }, complain) => {
        for (const [name, expression] of block.attributes)
          for (const { kind, text, line } of expression)
            if (kind === "string" ? /.__address__|__address__./.test(text) : name === "targets" && text === "encoding")
              complain(line, `${name} takes targets from a text`);
      }),
      // A target's address may be set by a rule, too.
      onBlocks(place, ({ block }, complain) => {
        if (block.name !== "rule") return;
        const written = block.attributes.get("target_label");
        if (
          written !== undefined &&
          (written.length !== 1 || written[0]?.kind !== "string" || /[$]/.test(written[0].text))
        )
          complain(written[0]?.line ?? block.line, "a rule sets a label whose name is put together");
        const target = written?.[0];
        if (target !== undefined && /^__(address|scheme|metrics_path|param_)/.test(target.text))
          complain(target.line, `a rule sets ${target.text}, and with it whom the collector asks`);
      }),
    ],
  };
}

function isAllowed(authority: string, url: string, hosts: readonly string[]): boolean {
  // As the settings' own URLs are read: an IPv6 address has many forms.
  const written = authority.toLowerCase();
  const host = URL.canParse(`x://${written}`) && written.startsWith("[") ? new URL(`x://${written}`).host : written;
  if (/:\d+$/.test(host)) return hosts.includes(host);
  return hosts.includes(`${host}:${/^https:/i.test(url) ? 443 : 80}`);
}

const isUrl = (expression: readonly Token[]): boolean =>
  expression.length === 1 && expression[0]?.kind === "string" && /^https?:\/\//i.test(expression[0].text);

/** The expressions behind `"__address__" =` in a list of targets. */
function targetAddresses(name: string, expression: readonly Token[]): string[] {
  if (name === "__address__") return [expressionOf(expression)];
  const found: string[] = [];
  for (const [at, token] of expression.entries()) {
    if (token.text !== "__address__" || expression[at + 1]?.text !== "=") continue;
    const rest = expression.slice(at + 2);
    const end = rest.findIndex(({ kind, text }) => kind === "sign" && (text === "," || text === "}"));
    found.push(expressionOf(rest.slice(0, end < 0 ? undefined : end)));
  }
  return found;
}

const plain = (expression: string): string => expression.replace(/^"|"$/g, "").toLowerCase();
