import { UserError } from "../settings/errors";
import type { Settings } from "../settings/schema";
import { lintPipeline } from "./lint";
import { sumNeeds, type PipelineNeeds } from "./needs";
import { chooseSections } from "./sections";

/** What the collectors of one stack run, and what that needs around it. */
export interface Pipeline {
  /** The text of `config.alloy`. */
  text: string;
  needs: PipelineNeeds;
}

const header = `// Grafana Alloy on Detectviz. Made by the Pulumi program from pipeline/sections: change it there, not here.
`;

/**
 * Settings to one commented `config.alloy`, section by section, and the sum of what its sections need.
 *
 * @throws UserError where its streams would have too many labels, or one with a value a pod or a request
 */
export function composePipeline(settings: Settings): Pipeline {
  const sections = chooseSections(settings);
  const blocks = sections.map(({ name, text }) => `// ==== ${name} ====\n\n${text.trimEnd()}\n`);
  const text = [header, ...blocks].join("\n");
  const problems = lintPipeline(text);
  if (problems.length > 0) throw new UserError(problems);
  return {
    text,
    needs: sumNeeds(sections.map((section) => section.needs)),
  };
}
