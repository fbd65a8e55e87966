import { repoRoot } from "../kit/repo-root";
import { UserError } from "../kit/user-error";
import { isAtLeastOnce } from "../settings/delivery";
import type { Settings } from "../settings/schema";
import { acknowledgedBy } from "./acknowledged";
import { chained, readExtraSections, type ExtraSection } from "./extra-sections";
import { lintPipeline } from "./lint";
import { sumNeeds, type PipelineNeeds } from "./needs";
import { chooseSections, type ChosenSection } from "./choose-sections";

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
 * @param folder where the paths of `alloy:extraSections` start; for our own stacks that of Pulumi.yaml
 * @throws UserError where its streams would have too many labels, or one with a value a pod or a request
 */
export function composePipeline(settings: Settings, folder: string = repoRoot): Pipeline {
  const extra = readExtraSections(settings, folder);
  const sections = withExtra(chooseSections(settings), extra);
  const blocks = sections.map(({ name, text }) => `// ==== ${name} ====\n\n${text.trimEnd()}\n`);
  const text = [header, ...blocks].join("\n");
  const problems = lintPipeline(text);
  if (problems.length > 0) throw new UserError(problems);
  return {
    text,
    needs: {
      ...sumNeeds(sections.map((section) => section.needs)),
      ...(isAtLeastOnce(settings) && { acknowledged: acknowledgedBy(text) }),
    },
  };
}

/** Ours, then the user's own; their entries stand between the processing of lines and the last step but one. */
function withExtra(ours: readonly ChosenSection[], extra: readonly ExtraSection[]): ChosenSection[] {
  const { first, texts } = chained(ours.find(({ name }) => name === "logs") ?? { name: "logs", text: "" }, extra);
  return [
    ...ours.map((section) => (section.name === "logs" ? { ...section, text: first } : section)),
    ...extra.map(({ name, needs }, at) => ({ name, needs, text: texts[at] ?? "" })),
  ];
}
