import { parseAlloy, stringAttribute, type Block } from "./language";
import { componentsOf, idOf, targetSteps } from "./stream-labels";

/** A source that would read its containers again from their first line. */
export interface ReRead {
  /** `loki.source.kubernetes.pods` */
  source: string;
  /** What changed, in one clause. */
  reason: string;
}

/**
 * What a new pipeline would read again that the deployed one has read already. A position is kept in a folder with the
 * source's id, and its key holds the target's whole label set as text (measured with Alloy 1.18.1): a renamed source,
 * or a rule in front of it that sets other labels, finds no position. Rules that keep or drop targets, and everything
 * behind the source, change nothing. Pure.
 *
 * @param deployed the text in the cluster's ConfigMap
 * @param next the text that would replace it
 * @throws AlloySyntaxError where one of them is not in Alloy's language
 */
export function reReads(deployed: string, next: string): ReRead[] {
  const [before, after] = [sourcesOf(deployed), sourcesOf(next)];
  // Nothing was read before: all is read for the first time.
  if (before.size === 0) return [];
  const gone = [...before.keys()].filter((id) => !after.has(id));
  return [...after].flatMap(([source, rules]) => {
    const deployedRules = before.get(source);
    if (deployedRules === undefined)
      return [{ source, reason: gone.length > 0 ? `replaces ${gone.join(", ")}` : "is a source of its own" }];
    const changed = changedLabels(deployedRules, rules);
    return changed.length === 0
      ? []
      : [{ source, reason: `sets other labels than before on its targets (${changed.join(", ")})` }];
  });
}

/** Each source that keeps positions, with what decides its targets' labels: label to the rules that set it. */
function sourcesOf(text: string): Map<string, Map<string, string>> {
  const blocks = parseAlloy(text);
  const components = componentsOf(blocks);
  return new Map(
    blocks
      .filter(({ name }) => name === "loki.source.kubernetes" || name === "loki.source.file")
      .map((source) => [idOf(source), labelRules(targetSteps(components, source))]),
  );
}

function labelRules(steps: readonly Block[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const rule of steps.flatMap(({ blocks }) => blocks).filter(({ name }) => name === "rule")) {
    const action = stringAttribute(rule, "action") ?? "replace";
    if (["keep", "drop", "keepequal", "dropequal"].includes(action)) continue;
    const label = stringAttribute(rule, "target_label") ?? action;
    found.set(label, `${found.get(label) ?? ""}${written(rule)}\n`);
  }
  return found;
}

/** The rule as its attributes, in a fixed order, so that moving them about is no change. */
function written(rule: Block): string {
  return [...rule.attributes]
    .map(([name, tokens]) => `${name}=${tokens.map(({ kind, text }) => `${kind}:${text}`).join(" ")}`)
    .sort()
    .join(";");
}

function changedLabels(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const labels = new Set([...before.keys(), ...after.keys()]);
  return [...labels].filter((label) => before.get(label) !== after.get(label)).sort();
}
