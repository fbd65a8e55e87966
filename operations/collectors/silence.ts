import { explainLogRefusal } from "../../errors/pods/kubelet-logs";
import { quoted } from "../../errors/pods/known-cause";
import type { Problem } from "../../kit/user-error";

/** What is known of a node whose collector runs and has sent nothing. */
export interface SilentNode {
  node: string;
  /** Pods on the node, and containers of them that the settings match. */
  pods: number;
  matched: number;
  /** If nothing matched: the keys of the settings each of which alone leaves out every pod. */
  leftOutBy: string[];
  /** Lines that the collector's own pipeline has dropped. */
  dropped: number;
  /** What asking for the logs of matched containers gave; empty if nothing matched or nobody could ask. */
  answers: LogAnswer[];
  /** The last error in the collector's own log; undefined if it has none, or nobody may read it. */
  complaint?: string;
}

/** What GET pods/log answered for one container, for the time since the collector was started. */
export type LogAnswer = { container: string } & (
  | { kind: "lines" }
  | { kind: "empty" }
  | { kind: "refused"; code: number; message: string }
  /** Neither the collector nor the container is to blame: the person who deploys may not ask. */
  | { kind: "not asked"; reason: string }
);

/** What silence means: what is wrong, and what is worth knowing although nothing is wrong. */
export interface Silence {
  problems: Problem[];
  told: string[];
}

/**
 * Why collectors that run have sent no line, one entry a cause with all of its nodes. Pure.
 *
 * Nothing is wrong with a node on which the settings match no container, or on which no matched container has written
 * anything since: a stack may read few pods. It is wrong if the node's logs cannot be read, if they hold lines that the
 * collector did not send, and if the stack reads nothing at all.
 *
 * @param all no collector of the stack has sent a line, and nothing but the pods' logs could be sent
 */
export function judgeSilence(silent: readonly SilentNode[], file: string, seconds: number, all = false): Silence {
  if (all && silent.length > 0 && silent.every(({ matched, pods }) => matched === 0 && pods > 0))
    return { problems: [readsNothing(silent, file)], told: [] };
  const problems = new Map<string, { problem: Problem; nodes: string[] }>();
  const told = new Map<string, SilentNode[]>();
  for (const one of silent) {
    const verdict = verdictOf(one, file);
    if (typeof verdict === "string") told.set(verdict, [...(told.get(verdict) ?? []), one]);
    else {
      const known = problems.get(verdict.problem) ?? { problem: verdict, nodes: [] };
      problems.set(verdict.problem, { ...known, nodes: [...known.nodes, one.node] });
    }
  }
  return {
    problems: [...problems.values()].map(({ problem, nodes }) => ({
      ...problem,
      problem: `no line has come from ${nodes.join(", ")} in ${seconds} s: ${problem.problem}`,
    })),
    told: [...told].map(([text, nodes]) => {
      const [pods, matched] = [sumOf(nodes, "pods"), sumOf(nodes, "matched")];
      const names = nodes.map(({ node }) => node).join(", ");
      return `no line to send yet on ${names}: ${text} (${matched} containers match there, of ${pods} pods)`;
    }),
  };
}

/** A stack that reads no pod of any node is never what was meant: whoever wants no logs says so. */
function readsNothing(silent: readonly SilentNode[], file: string): Problem {
  const [first, ...others] = silent.map(({ leftOutBy }) => leftOutBy);
  const keys = (first ?? []).filter((key) => others.every((more) => more.includes(key)));
  return {
    ...{ file, key: keys[0] ?? "alloy:logs" },
    problem: `by its settings the stack reads no pod of any node: ${leaveOut(keys)} (0 containers match, of ${sumOf(silent, "pods")} pods on ${silent.map(({ node }) => node).join(", ")})`,
    remedy:
      "write what is to be read: npx alloyctl preview STACK counts what the settings match. If no logs are wanted, set alloy:logs: { enabled: false }",
  };
}

/** `alloy:nodeSelector leaves out every pod` */
const leaveOut = (keys: readonly string[]): string =>
  `${keys.length === 0 ? "several together leave" : `${keys.join(" and ")} ${keys.length === 1 ? "leaves" : "each leave"}`} out every pod`;

const sumOf = (nodes: readonly SilentNode[], count: "pods" | "matched"): number =>
  nodes.reduce((sum, one) => sum + one[count], 0);

/** What is wrong on one node, or a sentence if nothing is. Without figures, which differ from node to node. */
function verdictOf(one: SilentNode, file: string): Problem | string {
  const { pods, matched, leftOutBy, answers, dropped, complaint } = one;
  if (matched === 0)
    return pods === 0 ? "there are no pods" : `by its settings the stack reads nothing there: ${leaveOut(leftOutBy)}`;
  const refused = answers.find((answer) => answer.kind === "refused");
  if (refused !== undefined) {
    const { problem, remedy } = explainLogRefusal(refused.code, refused.message);
    return { file: "the cluster", key: "pods/log", problem, remedy };
  }
  const hint = complaint === undefined ? "" : `; its own log says: ${quoted(complaint)}`;
  if (answers.some(({ kind }) => kind === "lines")) {
    if (dropped > 0) return "the pipeline has dropped every line that it has read";
    const closed = /open (\/var\/log\/pods|\/var\/lib\/docker\/containers)\/\S+: permission denied/.exec(
      complaint ?? "",
    );
    if (closed !== null)
      return {
        file,
        key: "alloy:logs.source",
        problem: `the node does not let the collector's user read the files below ${closed[1] ?? ""}`,
        remedy: "write kubernetes; docs/log-files.md says which nodes do not, and which of them can be changed",
      };
    const { container } = answers.find(({ kind }) => kind === "lines") ?? { container: "" };
    return {
      file,
      key: "",
      problem: `containers match, and ${exampleOf(container)} has written lines since the collector was started${hint}`,
      remedy: `read the collectors' logs, and look whether a section of your own keeps lines back`,
    };
  }
  const unasked = answers.find((answer) => answer.kind === "not asked");
  if (unasked !== undefined)
    return {
      file: "the cluster",
      key: "pods/log",
      problem: `containers match, and nobody could look why (${unasked.reason})${hint}`,
      remedy: "have somebody who may read the collectors' logs",
      cannotTell: true,
    };
  return "what matches has written nothing since the collectors were started";
}

// Which container was asked differs from node to node; the cause of all is one.
const exampleOf = (container: string): string => container.split("/").at(-1) ?? container;

/**
 * The last error or warning in a log of Alloy, without what differs from one time to the next; undefined if there is
 * none. Its lines are logfmt. Pure.
 */
export function lastComplaint(log: string): string | undefined {
  const line = log
    .split("\n")
    .filter((one) => /\blevel=(?:error|warn)\b/.test(one))
    .at(-1);
  if (line === undefined) return undefined;
  const field = (name: string): string | undefined =>
    new RegExp(String.raw`\b${name}=(?:"((?:[^"\\]|\\.)*)"|(\S+))`).exec(line)?.slice(1).find(Boolean);
  const said = [field("msg"), field("err") ?? field("error")].filter((part) => part !== undefined);
  return said.length === 0 ? line : said.join(": ");
}
