import { explainPodCause } from "../../errors/pods/explain-cause";
import type { ErrorPlace } from "../../errors/known-error";
import type { Problem } from "../../kit/user-error";
import { oldRuns, type RolloutState, type WaitingNode } from "./state";

/** Nodes that are waited for and have the same cause. */
export interface RolloutCause {
  nodes: string[];
  /** What the cluster says. */
  reason: string;
  /** What it means. */
  problem: Problem;
  /** It does not pass by itself. */
  lasts: boolean;
  /** See WaitingNode.refusal. */
  refusal?: string;
}

/** What keeps nodes from running the new collector. */
export interface RolloutCauses {
  known: RolloutCause[];
  /** The others, with whatever reason there is. */
  unknown: WaitingNode[];
}

const namesAtMost = 10;

/** Nodes by name, as many as a person reads. */
export const nodesText = (nodes: readonly string[]): string =>
  nodes.length > namesAtMost
    ? `${nodes.slice(0, namesAtMost).join(", ")} and ${nodes.length - namesAtMost} more`
    : nodes.join(", ");

/** Explains the reasons of the nodes that are waited for, the same ones together. Pure. */
export function causesOf({ waiting }: Pick<RolloutState, "waiting">, place: ErrorPlace): RolloutCauses {
  const known = new Map<string, RolloutCause>();
  const unknown: WaitingNode[] = [];
  for (const one of waiting) {
    const cause = explainPodCause(one.reason, place);
    if (cause === undefined) {
      unknown.push(one);
      continue;
    }
    const { problem, lasts } = cause;
    const same = known.get(problem.problem);
    known.set(problem.problem, {
      ...{ problem, lasts, reason: one.reason, nodes: [...(same?.nodes ?? []), one.node] },
      ...(one.refusal !== undefined && { refusal: one.refusal }),
    });
  }
  return { known: [...known.values()], unknown };
}

/**
 * Whether waiting is of no use: every node that is waited for has a cause that lasts, or still runs the old collector,
 * which is not replaced before the others are ready. Pure.
 */
export const isHopeless = ({ known, unknown }: RolloutCauses): boolean =>
  known.length > 0 && known.every(({ lasts }) => lasts) && unknown.every(({ reason }) => reason === oldRuns);

/** The problems of a report, each with its nodes. Pure. */
export const problemsOf = ({ known }: Pick<RolloutCauses, "known">): Problem[] =>
  known.map(({ nodes, problem }) => ({ ...problem, problem: `${problem.problem} [${nodesText(nodes)}]` }));
