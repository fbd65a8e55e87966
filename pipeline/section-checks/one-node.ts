import { callsIn, stringAttribute, type Block, type Token } from "../language";
import { idOf, referencesIn } from "../stream-labels";
import type { Finding, SectionCheck } from "./finding";
import { componentLists } from "./nested";

/**
 * Components that read something of which there is one in a cluster, or outside of it. The collectors are a DaemonSet, so
 * each of them would read it, and everything would arrive once a node. See docs/decisions/0081-meaning-not-text.md.
 */
const clusterWide: readonly (readonly [RegExp, string])[] = [
  [/^loki\.source\.kubernetes_events$/, "reads the events of the whole cluster"],
  [/^loki\.source\.podlogs$/, "reads the pods of the whole cluster"],
  [/^prometheus\.operator\.\w+$/, "scrapes what the Prometheus Operator's resources name in the whole cluster"],
  [/^(mimir|loki)\.(rules|alerts)\.kubernetes$/, "copies rules of the whole cluster"],
  [
    /^prometheus\.exporter\.(azure|blackbox|catchpoint|cloudwatch|databricks|gcp|github|snmp|snowflake)$/,
    "asks a service outside of the node",
  ],
  [/^loki\.source\.(cloudflare|aws_firehose|heroku)$/, "reads a service outside of the node"],
];

/** By which field the API server tells the objects of one node from the others. */
const nodeFields: Readonly<Record<string, string>> = { pod: "spec.nodeName=", node: "metadata.name=" };

const nodeLabel = /^__meta_kubernetes_(pod_node_name|node_name|endpoint_node_name|endpointslice_endpoint_node_name)$/;

/** What a section reads is of the collector's own node, also inside of what it declares. */
export const checkOneNode: SectionCheck = (blocks) => componentLists(blocks).flatMap(sourcesOf);

const sourcesOf = (blocks: readonly Block[]): Finding[] => [
  ...blocks.flatMap((block): Finding[] => {
    const found = clusterWide.find(([form]) => form.test(block.name));
    return found === undefined ? [] : [everywhere(block, found[1])];
  }),
  ...blocks
    .filter(({ name }) => name === "discovery.kubernetes")
    .flatMap((discovery) => (isOfOneNode(discovery) ? [] : unfilteredUses(discovery, blocks))),
];

const everywhere = ({ line, name }: Block, what: string): Finding => ({
  line,
  problem: `${name} ${what}, and each node has a collector: everything would arrive once a node`,
  remedy: "run it in an Alloy of its own with one replica, beside this program",
});

/** Whether the API server sends only what belongs to the collector's node. */
function isOfOneNode(discovery: Block): boolean {
  const role = stringAttribute(discovery, "role") ?? "";
  const field = Object.hasOwn(nodeFields, role) ? nodeFields[role] : undefined;
  return discovery.blocks.some(
    (block) =>
      block.name === "selectors" &&
      field !== undefined &&
      stringAttribute(block, "role") === role &&
      (block.attributes.get("field") ?? []).some(({ kind, text }) => kind === "string" && text.endsWith(field)) &&
      readsNodeName(block.attributes.get("field")),
  );
}

const readsNodeName = (expression: readonly Token[] = []): boolean =>
  callsIn(expression).some(({ name, argument }) => name === "sys.env" && argument[0]?.text === "NODE_NAME");

/** Components that take the targets without a rule on the way that keeps those of the node. */
function unfilteredUses(discovery: Block, blocks: readonly Block[]): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<Block>();
  const follow = (from: Block): void => {
    for (const next of blocks) {
      if (seen.has(next) || !referencesIn(next, "targets").includes(idOf(from))) continue;
      seen.add(next);
      if (next.name === "discovery.relabel") {
        if (!next.blocks.some(keepsNode)) follow(next);
      } else
        findings.push({
          line: discovery.line,
          problem: `${idOf(discovery)} finds targets on every node, and each node has a collector: ${idOf(next)} would read each of them once a node`,
          remedy: remedyFor(stringAttribute(discovery, "role") ?? ""),
        });
    }
  };
  follow(discovery);
  return findings;
}

function keepsNode(rule: Block): boolean {
  const sources = (rule.attributes.get("source_labels") ?? []).filter(({ kind }) => kind === "string");
  return (
    stringAttribute(rule, "action") === "keep" &&
    sources.length === 1 &&
    nodeLabel.test(sources[0]?.text ?? "") &&
    readsNodeName(rule.attributes.get("regex"))
  );
}

function remedyFor(role: string): string {
  const field = Object.hasOwn(nodeFields, role) ? nodeFields[role] : undefined;
  if (field !== undefined)
    return `write selectors { role = "${role}" field = "${field}" + sys.env("NODE_NAME") } into it`;
  return /^endpoint/.test(role)
    ? `keep the node's by a rule in discovery.relabel: source_labels = ["__meta_kubernetes_${role === "endpoints" ? "endpoint" : "endpointslice_endpoint"}_node_name"], regex = sys.env("NODE_NAME"), action = "keep"`
    : "run it in an Alloy of its own with one replica: what has this role is on no node";
}
