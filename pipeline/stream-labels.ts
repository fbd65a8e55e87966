import { re2Problem, wholeMatch } from "../kit/re2";
import { parseAlloy, stringAttribute, type Block, type Token } from "./language";

/** One label of a stream, and what its value is made from. */
export interface StreamLabel {
  name: string;
  /** Labels of the target, or `line:KEY` for what a stage took out of the line; empty for a fixed text. */
  sources: readonly string[];
  /** The component that sets it, as `discovery.relabel.pods`. */
  component: string;
  line: number;
}

/** One way of the lines: from a source to where they are written. */
export interface StreamPath {
  source: string;
  writer: string;
  labels: readonly StreamLabel[];
}

/** A step whose labels cannot be told from the text. */
export interface Opaque {
  component: string;
  line: number;
  why: string;
}

/** What the text of a pipeline says of its streams. */
export interface Streams {
  paths: readonly StreamPath[];
  opaque: readonly Opaque[];
  /** Components that the text declares a second time, which Alloy refuses. */
  twice: readonly { id: string; line: number }[];
}

type Labels = ReadonlyMap<string, StreamLabel>;

interface Walk {
  components: ReadonlyMap<string, Block>;
  paths: StreamPath[];
  opaque: Map<string, Opaque>;
}

/**
 * The labels that each stream may have, read from the composed text: those of the targets, what the source adds, what
 * each step on the way sets or takes away. A label that only some lines get counts: a stream may have it.
 *
 * @throws AlloySyntaxError
 */
export function streamsOf(text: string): Streams {
  const blocks = parseAlloy(text);
  const walk: Walk = { components: componentsOf(blocks), paths: [], opaque: new Map() };
  for (const block of blocks)
    if (block.name.startsWith("loki.source.")) follow(walk, block, idOf(block), sourceLabels(walk, block), []);
  const twice = blocks.filter((block) => walk.components.get(idOf(block)) !== block);
  return {
    paths: walk.paths,
    opaque: [...walk.opaque.values()],
    twice: twice.map((block) => ({ id: idOf(block), line: block.line })),
  };
}

/** The components of a file by their id (`loki.write.default`). */
export function componentsOf(blocks: readonly Block[]): Map<string, Block> {
  return new Map(blocks.map((block) => [idOf(block), block]));
}

/** `loki.write.default` */
export const idOf = ({ name, label }: Pick<Block, "name" | "label">): string =>
  label === "" ? name : `${name}.${label}`;

/** The components that an attribute names, in order: `[loki.write.default.receiver]` gives `loki.write.default`. */
export function referencesIn(block: Block, attribute: string): string[] {
  const text = (block.attributes.get(attribute) ?? [])
    .filter(({ kind }) => kind !== "string")
    .map(({ text }) => text)
    .join("");
  return [...text.matchAll(/([a-z_]\w*(?:\.\w+)+)\.(?:targets|output|receiver|rules)\b/g)].map(([, id = ""]) => id);
}

/** The steps that make a source's targets, the first one first. */
export function targetSteps(components: ReadonlyMap<string, Block>, source: Block): Block[] {
  const steps: Block[] = [];
  const add = (ids: readonly string[]): void => {
    for (const id of ids) {
      const block = components.get(id);
      if (block === undefined || steps.includes(block)) continue;
      add(referencesIn(block, "targets"));
      steps.push(block);
    }
  };
  add(referencesIn(source, "targets"));
  return steps;
}

function sourceLabels(walk: Walk, source: Block): Labels {
  const labels = new Map<string, StreamLabel>();
  for (const step of targetSteps(walk.components, source))
    if (step.name === "discovery.relabel") relabel(walk, step, labels);
  // Rules that a source applies itself, while it still knows labels that begin with __.
  for (const id of referencesIn(source, "relabel_rules")) {
    const rules = walk.components.get(id);
    if (rules !== undefined) relabel(walk, rules, labels);
  }
  const path = labels.get("__path__")?.sources ?? [];
  for (const name of labels.keys()) if (name.startsWith("__")) labels.delete(name);
  const add = (name: string, ...sources: string[]): void => {
    if (!labels.has(name)) labels.set(name, { name, sources, component: idOf(source), line: source.line });
  };
  add("job"); // the component's own id (internal/component/loki/source/*)
  // internal/component/loki/source/kubernetes/kubetail/target.go
  if (source.name === "loki.source.kubernetes")
    add("instance", "__meta_kubernetes_pod_name", "__meta_kubernetes_pod_container_name");
  if (source.name === "loki.source.file") add("filename", ...path); // internal/component/loki/source/file/tailer.go
  return labels;
}

function follow(walk: Walk, block: Block, source: string, before: Labels, seen: readonly Block[]): void {
  const labels = new Map(before);
  for (const id of referencesIn(block, "forward_to")) {
    const next = walk.components.get(id);
    if (next === undefined || seen.includes(next)) continue;
    const after = new Map(labels);
    if (next.name === "loki.relabel") relabel(walk, next, after);
    else if (next.name === "loki.process") for (const stage of next.blocks) runStage(walk, next, stage, after, false);
    else if (next.name === "loki.write") {
      for (const name of mapKeys(next, "external_labels").keys())
        after.set(name, { name, sources: [], component: id, line: next.line });
      walk.paths.push({ source, writer: id, labels: [...after.values()] });
    } else if (!next.name.startsWith("loki."))
      unclear(walk, id, next, "is a component of its own making, whose labels cannot be told from here");
    follow(walk, next, source, after, [...seen, next]);
  }
}

function unclear(walk: Walk, component: string, { line }: { line: number }, why: string): void {
  walk.opaque.set(`${component} ${line}`, { component, line, why });
}

// Rules that keep or drop whole targets or lines set no label.
const withoutLabels = ["keep", "drop", "keepequal", "dropequal"];

function relabel(walk: Walk, block: Block, labels: Map<string, StreamLabel>): void {
  for (const rule of block.blocks.filter(({ name }) => name === "rule")) {
    const action = stringAttribute(rule, "action") ?? "replace";
    if (withoutLabels.includes(action)) continue;
    if (action === "labeldrop" || action === "labelkeep") {
      const matches = nameTest(stringAttribute(rule, "regex"));
      for (const name of labels.keys()) if (matches(name) === (action === "labeldrop")) labels.delete(name);
      continue;
    }
    const name = stringAttribute(rule, "target_label");
    if (action === "labelmap")
      unclear(walk, idOf(block), rule, "has a rule with labelmap, which copies labels that nobody has listed");
    else if (name === undefined)
      unclear(walk, idOf(block), rule, "has a rule whose target_label is not written as plain text");
    else {
      const sources = strings(rule.attributes.get("source_labels") ?? []);
      const original = sources.flatMap((source) => labels.get(source)?.sources ?? [source]);
      labels.set(name, { name, sources: original, component: idOf(block), line: rule.line });
    }
  }
}

function runStage(walk: Walk, block: Block, stage: Block, labels: Map<string, StreamLabel>, maybe: boolean): void {
  const component = idOf(block);
  if (stage.name === "stage.labels" || stage.name === "stage.static_labels") {
    const fixed = stage.name === "stage.static_labels";
    for (const [name, value] of mapKeys(stage, "values"))
      labels.set(name, { name, sources: fixed ? [] : [`line:${value || name}`], component, line: stage.line });
  } else if (stage.name === "stage.cri" || stage.name === "stage.docker") {
    // internal/component/loki/process/stages/cri.go and docker.go
    labels.set("stream", { name: "stream", sources: ["line:stream"], component, line: stage.line });
  } else if (stage.name === "stage.label_drop" && !maybe) {
    for (const name of strings(stage.attributes.get("values") ?? [])) labels.delete(name);
  } else if (stage.name === "stage.label_keep" && !maybe) {
    const kept = strings(stage.attributes.get("values") ?? []);
    for (const name of labels.keys()) if (!kept.includes(name)) labels.delete(name);
  } else if (stage.name === "stage.match") {
    // Only some lines go through it: what it sets may be there, what it takes away may stay.
    for (const inner of stage.blocks) runStage(walk, block, inner, labels, true);
  }
}

/** The keys of `name = { a = "x", "b" = "" }` with their values where these are plain text. */
function mapKeys(block: Block, attribute: string): Map<string, string> {
  const tokens = block.attributes.get(attribute) ?? [];
  const found = new Map<string, string>();
  for (const [at, token] of tokens.entries()) {
    const [sign, value] = [tokens[at + 1], tokens[at + 2]];
    if (sign?.kind !== "sign" || sign.text !== "=" || (token.kind !== "name" && token.kind !== "string")) continue;
    found.set(token.text, value?.kind === "string" ? value.text : "");
  }
  return found;
}

const strings = (tokens: readonly Token[]): string[] =>
  tokens.filter(({ kind }) => kind === "string").map(({ text }) => text);

// Of what the engine does not compile nothing is taken away: a label too many is reported, none too few.
function nameTest(regex: string | undefined): (name: string) => boolean {
  const expression = regex ?? "(.*)";
  return re2Problem(expression) === undefined ? wholeMatch(expression) : () => false;
}
