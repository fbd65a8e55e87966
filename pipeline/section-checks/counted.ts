import { everyBlock } from "../language";
import { lastStep } from "../last-step";
import { referencesIn } from "../stream-labels";
import type { SectionCheck } from "./finding";

/**
 * Every line that loki.write answers for has gone through the last step, where it is counted. One that came another way
 * would count as the answer for a line that was not sent yet.
 */
export const checkCounted: SectionCheck = (blocks, { atLeastOnce }) =>
  !atLeastOnce
    ? []
    : everyBlock(blocks)
        .filter((block) =>
          [...block.attributes.keys()].some((name) => referencesIn(block, name).includes("loki.write.default")),
        )
        .map(({ line }) => ({
          line,
          problem:
            "hands lines to loki.write.default itself, but alloy:delivery is at-least-once, which counts lines in front of it",
          remedy: `hand them to ${lastStep}.receiver, or set alloy:delivery to at-most-once`,
        }));
