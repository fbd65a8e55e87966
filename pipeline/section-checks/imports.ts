import { idOf } from "../stream-labels";
import type { SectionCheck } from "./finding";
import { componentLists } from "./nested";

/**
 * A section holds what it runs. What it fetches when a collector starts, nobody has looked at: neither the checks, nor
 * what the permissions are computed from, nor the policy pack.
 */
export const checkImports: SectionCheck = (blocks) =>
  componentLists(blocks)
    .flat()
    .filter(({ name }) => name.startsWith("import.") || name === "remotecfg")
    .map((block) => ({
      line: block.line,
      problem: `${idOf(block)} brings components that are not in the section, so nobody can tell what they read and need`,
      remedy: "copy the module's text into the section",
    }));
