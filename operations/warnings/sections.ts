import { composePipeline } from "../../pipeline/compose";
import { sectionWarnings } from "../../pipeline/section-warnings";
import type { Settings } from "../../settings/schema";

/** What may be wrong in sections of the user's own; nothing where there are none. */
export function warningsOfSections(settings: Settings): string[] {
  return settings.extraSections.length === 0 ? [] : sectionWarnings(composePipeline(settings).text);
}
