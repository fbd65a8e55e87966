import type { Block } from "../language";

/** One thing that is wrong with a section of the user's own. */
export interface Finding {
  /** In the section's own file. */
  line: number;
  problem: string;
  remedy: string;
}

/** What the checks know of the stack beside the section's text. */
export interface SectionPlace {
  /** The component that lines enter by. */
  entry: string | undefined;
  /** The key of the section in the stack's file: `alloy:extraSections.0`. */
  key: string;
  /** Variables that its needs name. */
  env: readonly string[];
  /** The directory of the node that the pod mounts: positions and write-ahead logs. */
  storage: string;
  /** Directories of the node that its needs name. */
  readPaths: readonly string[];
  /** The canary is on. */
  canary: boolean;
  /** Collectors start from positions whose lines are answered for. */
  atLeastOnce: boolean;
}

/** Reads a section's blocks, whose nesting is as in the file. Pure. */
export type SectionCheck = (blocks: readonly Block[], place: SectionPlace) => Finding[];
