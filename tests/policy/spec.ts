import type { Resource, Rule } from "../../policy/rule";
import type { RunOptions } from "./support";

/** One field changed in what passes, and what has to be said about it. */
export interface Failure {
  /** Field that is changed, `spec.containers[0].image`; with `set` undefined it is taken away. */
  field: string;
  set?: unknown;
  /** Path that the message names; `field` where it is left out. */
  says?: string;
  options?: RunOptions;
}

/** What a rule has to do, as data; specs.test.ts runs it. */
export interface RuleSpec {
  rule: Rule;
  /** What passes. For a rule about the stack the first is the one that `failures` and `unknown` change. */
  happy: () => Resource | Resource[];
  options?: RunOptions;
  /** At least three, each another field. */
  failures: Failure[];
  /** Fails in each container of each position: the field below the container. */
  inContainers?: { field: string; set?: unknown; ephemeral?: boolean }[];
  /** Fields that may be missing, and others that may hold this. */
  passes?: { field: string; set?: unknown; options?: RunOptions }[];
  /** Fields that decide: unknown before the update, they must not pass in silence. */
  unknown: string[];
}
