import { quoted } from "../../errors/pods/known-cause";
import { formatDuration } from "../../kit/units";
import { nodesText, type RolloutCauses } from "./causes";
import type { RolloutState } from "./state";

/** Reasons of a rollout that goes on. */
const onItsWay =
  /^(?:no pod yet|no node yet|the new collector is not ready|the old collector runs|the DaemonSet is not observed yet)$/;

/** How long is waited, for the words about it. */
export interface WaitingTime {
  /** `rollout.timeout`. */
  timeout: string;
  /** For what does not pass by itself; left out if somebody else waits. */
  lastingMs?: number;
}

/** Tells a person how far a rollout is, each thing once. */
export class RolloutTeller {
  private progress = "";
  private readonly told = new Set<string>();

  constructor(
    private readonly tell: (text: string) => void,
    private readonly time: WaitingTime,
  ) {}

  /** How far it is, if that has changed, and in the cluster's own words what is new of what keeps nodes from going on. */
  say(state: RolloutState, causes: RolloutCauses): void {
    const text = progressText(state);
    if (text !== this.progress) this.tell(text);
    this.progress = text;
    this.sayCauses(causes);
  }

  sayCauses({ known, unknown }: RolloutCauses): void {
    for (const { nodes, problem, reason, lasts } of known)
      this.once(problem.problem, `${nodesText(nodes)}: ${quoted(reason)}${this.howLong(lasts)}`);
    for (const { node, reason } of unknown) if (!onItsWay.test(reason)) this.once(reason, `${node}: ${quoted(reason)}`);
  }

  private howLong(lasts: boolean): string {
    const { timeout, lastingMs } = this.time;
    if (lasts && lastingMs !== undefined)
      return ` (this does not pass by itself: waiting ends ${formatDuration(lastingMs)} from now unless it changes)`;
    return ` (waiting for at most ${timeout})`;
  }

  /** A back-off grows, and a name changes with each pod: what differs in a number alone is the same. */
  private once(key: string, text: string): void {
    const same = key.replace(/\d+/g, "0");
    if (this.told.has(same)) return;
    this.told.add(same);
    this.tell(`rollout: ${text}`);
  }
}

function progressText({ ready, waiting, down, stuck }: RolloutState): string {
  const parts = [
    `rollout: ${ready.length} ${ready.length === 1 ? "node runs" : "nodes run"} the new collector`,
    ...(waiting.length > 0 ? [`waiting for ${nodesText(waiting.map(({ node }) => node))}`] : []),
    ...(down.length > 0 ? [`not waited for, since not Ready: ${down.join(", ")}`] : []),
  ];
  return [parts.join("; "), ...(stuck === undefined ? [] : [`warning: ${stuck}`])].join("\n");
}
