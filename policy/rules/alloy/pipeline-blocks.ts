import { AlloySyntaxError, parseAlloy, type Block, type Token } from "../../../pipeline/language";
import { isKind, nameOf, namespaceOf, onObjects, pathIn } from "../../kubernetes";
import type { Report, ResourceCheck } from "../../rule";
import { at, fieldPath } from "../../values";
import type { PipelinePlace } from "./runs-pipeline";

/** A block and the blocks around it, the outermost first. */
export interface PlacedBlock {
  block: Block;
  around: readonly Block[];
}

/** What a rule says about one block: which line, and what is wrong there. */
export type Complain = (line: number, problem: string, remedy?: string) => void;

/**
 * A check of every block of the collectors' pipeline, at any depth. Of a text that is not in Alloy's language rule
 * alloy-granted-equals-needed says so.
 */
export function onBlocks(place: PipelinePlace, look: (placed: PlacedBlock, complain: Complain) => void): ResourceCheck {
  return onObjects(
    (object) => isKind(object, "", "ConfigMap"),
    (object, report: Report) => {
      if (nameOf(object) !== place.configMap || namespaceOf(object) !== place.namespace) return;
      const path = fieldPath(pathIn(object, "data"), place.key);
      const complain: Complain = (line, problem, remedy) => report.violation(path, `line ${line}: ${problem}`, remedy);
      for (const placed of everyBlock(blocksOf(at(object.props, "data", place.key)))) look(placed, complain);
    },
  );
}

/** The blocks of the text; none if it is no text, or not in Alloy's language. */
export function blocksOf(source: unknown): readonly Block[] {
  if (typeof source !== "string") return [];
  try {
    return parseOnce(source);
  } catch (error) {
    if (error instanceof AlloySyntaxError) return [];
    throw error;
  }
}

// Five rules read the same text, one after the other.
let last: { source: string; blocks: readonly Block[] } | undefined;

/** The blocks of a pipeline's text; throws what `parseAlloy` throws. Nobody changes them. */
export function parseOnce(source: string): readonly Block[] {
  if (last?.source !== source) last = { source, blocks: parseAlloy(source) };
  return last.blocks;
}

function everyBlock(blocks: readonly Block[], around: readonly Block[] = []): PlacedBlock[] {
  return blocks.flatMap((block) => [{ block, around }, ...everyBlock(block.blocks, [...around, block])]);
}

/** `loki.write.endpoint.basic_auth`: the names from the outermost block inwards. */
export const wayTo = ({ block, around }: PlacedBlock): string => [...around, block].map(({ name }) => name).join(".");

/** An expression as one text, its strings in quotes and nothing between. */
export const expressionOf = (tokens: readonly Token[]): string =>
  tokens.map(({ kind, text }) => (kind === "string" ? JSON.stringify(text) : text)).join("");
