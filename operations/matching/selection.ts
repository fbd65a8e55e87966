import { wholeMatch } from "../../kit/re2";
import { AlloySyntaxError, parseAlloy, stringAttribute, type Block, type Token } from "../../pipeline/language";
import { nodeChoice } from "../../components/pod/node-choice";
import { metaLabel } from "../../pipeline/meta-labels";
import type { Settings } from "../../settings/schema";
import type { Census, CensusPod } from "./census";
import { isPlacedOn, type Placement } from "./placement";

/** Which pods collectors read, as regular expressions that match the whole name. */
export interface Selection {
  nodes: string;
  /** To which nodes the collectors go. */
  placement: Placement;
  /** A namespace has to match all of them. */
  included: string[];
  /** A namespace that matches one of them is left out. */
  excluded: string[];
  /** The annotations with which a pod opts out, as labels of discovery. */
  optOutLabels: string[];
}

/** How much a selection matches; undefined for what nobody could list. */
export interface Figures {
  nodes: string[] | undefined;
  namespaces: string[] | undefined;
  pods: CensusPod[] | undefined;
  containers: number | undefined;
  /** Pods that would be read if they did not opt out. */
  optedOut: number;
}

export function selectionOf({ nodeSelector, logs, pod }: Pick<Settings, "nodeSelector" | "logs" | "pod">): Selection {
  return {
    nodes: nodeSelector,
    placement: nodeChoice({ pod }) as Placement,
    included: [logs.includeNamespaces],
    excluded: logs.excludeNamespaces === "" ? [] : [logs.excludeNamespaces],
    optOutLabels: logs.optOutAnnotation === "" ? [] : [metaLabel("pod_annotation", logs.optOutAnnotation)],
  };
}

/**
 * What a deployed pipeline selects; undefined for a text that selects in a way of its own, such as one that somebody has
 * written by hand, or that reads no pods.
 *
 * @param nodes the DaemonSet's variable NODE_SELECTOR
 * @param placement its pods' spec
 */
export function deployedSelection(
  text: string,
  nodes: string | undefined,
  placement: Placement = {},
): Selection | undefined {
  let blocks: Block[];
  try {
    blocks = parseAlloy(text);
  } catch (error) {
    if (error instanceof AlloySyntaxError) return undefined;
    throw error;
  }
  const pods = blocks.find(({ name, label }) => name === "discovery.relabel" && label === "pods");
  if (pods === undefined) return undefined;
  const selection: Selection = { nodes: nodes ?? ".*", placement, included: [], excluded: [], optOutLabels: [] };
  for (const rule of pods.blocks.filter(({ name }) => name === "rule")) {
    const action = stringAttribute(rule, "action") ?? "replace";
    if (action !== "keep" && action !== "drop") continue;
    const [source, ...more] = stringsOf(rule.attributes.get("source_labels"));
    const regex = stringAttribute(rule, "regex");
    // The two rules about the node: one keeps all of its pods, the other reads NODE_SELECTOR.
    if (source === "__meta_kubernetes_pod_node_name" && regex === undefined) continue;
    if (source === undefined || more.length > 0 || regex === undefined) return undefined;
    if (source === "__meta_kubernetes_namespace") selection[action === "keep" ? "included" : "excluded"].push(regex);
    else if (/^__meta_kubernetes_pod_annotation_/.test(source) && action === "drop" && regex === "false")
      selection.optOutLabels.push(source);
    else return undefined;
  }
  return selection;
}

/** How much of a cluster a selection matches now. Pure. */
export function figuresOf(selection: Selection, { nodes, namespaces, pods }: Census): Figures {
  const isNode = wholeMatch(selection.nodes);
  const isNamespace = namespaceTest(selection);
  const optsOut = ({ annotations }: CensusPod): boolean =>
    Object.entries(annotations).some(
      ([name, value]) => value === "false" && selection.optOutLabels.includes(metaLabel("pod_annotation", name)),
    );
  const placed = nodes?.filter(({ labels }) => isPlacedOn(selection.placement, labels)).map(({ name }) => name);
  // If nodes may not be listed, nobody knows their labels, and each is taken for one with a collector.
  const collected = placed && new Set(placed);
  const selected = pods?.filter(
    ({ namespace, node }) => node !== "" && isNode(node) && isNamespace(namespace) && (collected?.has(node) ?? true),
  );
  const read = selected?.filter((pod) => !optsOut(pod));
  return {
    nodes: placed?.filter(isNode),
    namespaces: namespaces?.filter(isNamespace),
    pods: read,
    containers: read?.reduce((sum, { containers }) => sum + containers, 0),
    optedOut: (selected?.length ?? 0) - (read?.length ?? 0),
  };
}

export function namespaceTest({ included, excluded }: Selection): (namespace: string) => boolean {
  const [keep, drop] = [included.map(wholeMatch), excluded.map(wholeMatch)];
  return (namespace) => keep.every((matches) => matches(namespace)) && !drop.some((matches) => matches(namespace));
}

const stringsOf = (tokens: readonly Token[] = []): string[] =>
  tokens.filter(({ kind }) => kind === "string").map(({ text }) => text);
