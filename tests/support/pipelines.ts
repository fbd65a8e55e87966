import { composePipeline } from "../../pipeline/compose";
import type { PipelineNeeds } from "../../pipeline/needs";
import type { Settings } from "../../settings/schema";
import { blocksOf, find, type Block } from "./alloy-text";
import { everyPipeline, settingsOf } from "./settings";

/** One combination of settings, and the pipeline that it makes. */
export interface ComposedPipeline {
  title: string;
  settings: Settings;
  text: string;
  needs: PipelineNeeds;
  blocks: Block[];
}

/** Every combination of settings that changes the pipeline. */
export const everyComposed: readonly ComposedPipeline[] = everyPipeline().map(({ title, values }) => {
  const settings = settingsOf(values);
  const { text, needs } = composePipeline(settings);
  return { title, settings, text, needs, blocks: blocksOf(text) };
});

/** Runs a check on each pipeline and names the settings where it fails. */
export function forEach(pipelines: readonly ComposedPipeline[], check: (pipeline: ComposedPipeline) => void): void {
  for (const pipeline of pipelines) {
    try {
      check(pipeline);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`with ${pipeline.title}: ${reason}`, { cause: error });
    }
  }
}

/** The rules of one relabelling component. */
export const rulesOf = (blocks: readonly Block[], name: string, label: string): Block[] =>
  find(blocks, name, label).flatMap(({ blocks: inner }) => find(inner, "rule"));

/** All strings in an attribute's expression. */
export const stringsAt = (block: Block, attribute: string): string[] =>
  (block.attributes[attribute] ?? []).filter(({ kind }) => kind === "string").map(({ text }) => text);
