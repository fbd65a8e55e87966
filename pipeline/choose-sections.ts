import type { Settings } from "../settings/schema";
import type { PipelineNeeds } from "./needs";
import { readSection, type Section } from "./section";
import { credentials } from "./sections/credentials";
import { discovery } from "./sections/discovery";
import { logging } from "./sections/logging";
import { logs } from "./sections/logs";
import { metrics } from "./sections/metrics";
import { platform } from "./sections/platform";
import { fillTemplate } from "./template";

/** One section that is part of one stack's pipeline. */
export interface ChosenSection {
  name: string;
  text: string;
  needs: PipelineNeeds;
}

/** Every section, in the order in which the pipeline has them. */
const sections: readonly Section[] = [logging, platform, ...credentials, discovery, logs, metrics];

/** The sections that these settings turn on, filled in, in the order in which they are read. */
export function chooseSections(settings: Settings): ChosenSection[] {
  return sections
    .filter((section) => section.isOn(settings))
    .map((section) => ({
      name: section.name,
      text: fillTemplate(`${section.name}.alloy`, readSection(section.name), section.content(settings)),
      needs: section.needs(settings),
    }));
}
