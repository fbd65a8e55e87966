import type { Problem } from "../../kit/user-error";
import type { ErrorPlace, KnownError } from "../known-error";

/** What keeps a pod from coming, and whether waiting can help. */
export interface KnownCause extends KnownError {
  /**
   * The same request is refused again until somebody changes a setting or the cluster. Without it the cause may pass by
   * itself, as when a webhook's server restarts or a node gets room.
   */
  lasts?: true;
}

/** A text of Kubernetes, explained. */
export interface PodCause {
  problem: Problem;
  lasts: boolean;
}

/** The first cause of a table that a text matches. Pure. */
export function findCause(causes: readonly KnownCause[], text: string, place: ErrorPlace): PodCause | undefined {
  for (const { pattern, toProblem, lasts } of causes) {
    const match = pattern.exec(text);
    if (match !== null) return { problem: toProblem(match, place), lasts: lasts === true };
  }
  return undefined;
}

const longest = 300;

/**
 * What a server said, for a report: one line, without the backslashes that the engine's JSON puts before quotes, and no
 * longer than a person reads. An OpenShift answer names every constraint of the cluster.
 */
export function quoted(text = ""): string {
  const line = text
    .replaceAll('\\"', '"')
    .replace(/\s*\\?\n\s*/g, " ")
    .replace(/\s{2,}/g, " ")
    .trim();
  return line.length > longest ? `${line.slice(0, longest).trimEnd()}…` : line;
}

/** A quote and what may stand before it: the engine's JSON has a backslash there. */
export const quote = String.raw`\\?"`;
