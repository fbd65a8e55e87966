import { parseAlloy, type Block, type Token } from "./language";
import { idOf } from "./stream-labels";

/** A component that an expression names and the text does not have. */
export interface UnknownReference {
  /** As it is written: `prometheus.remote_write.default.receiver`. */
  reference: string;
  line: number;
}

/** The first words of component names. Others with a dot are functions: `sys.env`, `encoding.from_json`. */
const families = /^(beyla|database_observability|discovery|faro|local|loki|mimir|otelcol|prometheus|pyroscope|remote)$/;

/**
 * References to components that are not there. Alloy refuses such a text when it loads it, which is in the pod: a section
 * that forwards to remote write while `alloy:metrics` is off would only show as collectors that do not start. Pure.
 *
 * @throws AlloySyntaxError
 */
export function unknownReferences(text: string): UnknownReference[] {
  const blocks = parseAlloy(text);
  const ids = blocks.map(idOf);
  const known = (reference: string): boolean => ids.some((id) => reference === id || reference.startsWith(`${id}.`));
  return expressionsOf(blocks).flatMap((tokens) => namesIn(tokens).filter(({ reference }) => !known(reference)));
}

function expressionsOf(blocks: readonly Block[]): Token[][] {
  return blocks.flatMap((block) => [...block.attributes.values(), ...expressionsOf(block.blocks)]);
}

/** Names with dots between them; what a name in front of a dot has in brackets or calls ends it. */
function namesIn(tokens: readonly Token[]): UnknownReference[] {
  const found: UnknownReference[] = [];
  for (const [at, { kind, text, line }] of tokens.entries()) {
    if (kind !== "name" || !families.test(text) || tokens[at - 1]?.text === ".") continue;
    const words = [text];
    for (let next = at + 1; tokens[next]?.text === "." && tokens[next + 1]?.kind === "name"; next += 2)
      words.push(tokens[next + 1]?.text ?? "");
    // A key of a map, such as `remote = "…"`, is one word.
    if (words.length > 1) found.push({ reference: words.join("."), line });
  }
  return found;
}
