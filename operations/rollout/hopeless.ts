import type { Rehearsal } from "../admission/rehearse";
import { isHopeless, type RolloutCauses } from "./causes";

/** What is known since waiting has become of no use. */
interface Since {
  /** Nodes and causes: as long as they stay the same. */
  key: string;
  at: number;
  /** The controller's refusals then: a later one shows that it was refused again. */
  refusals: string;
}

/**
 * Decides when a rollout is given up before its time: if every node that is waited for has a cause that lasts, and nothing
 * has changed for a while. What the DaemonSet's controller was refused may be mended by now, and the controller tries
 * again at ever longer intervals: it has to be refused once more, or a pod that is only tried out has to be.
 */
export class HopelessRollout {
  private since: Since | undefined;
  private hasTold = false;

  /**
   * @param afterMs how long nothing may have changed
   * @param rehearse tries out a pod of the DaemonSet
   * @param tell hears once that a pod would be admitted by now
   */
  constructor(
    private readonly afterMs: number,
    private readonly rehearse: () => Promise<Rehearsal>,
    private readonly tell: (text: string) => void,
  ) {}

  /** @param now in milliseconds, on a clock that only goes forward */
  async isSure(causes: RolloutCauses, now: number): Promise<boolean> {
    if (!isHopeless(causes)) {
      this.since = undefined;
      return false;
    }
    const key = JSON.stringify(causes.known.map(({ nodes, problem }) => [nodes, problem.problem]));
    const refusals = causes.known.map(({ refusal }) => refusal ?? "").join();
    if (this.since?.key !== key) this.since = { key, at: now, refusals };
    if (now - this.since.at < this.afterMs) return false;
    const refused = causes.known.some(({ refusal }) => refusal !== undefined);
    if (!refused || refusals !== this.since.refusals) return true;
    const { answer } = await this.rehearse();
    if (answer === "refused") return true;
    if (answer === "admitted" && !this.hasTold) {
      this.tell(
        "a pod of the DaemonSet would be admitted by now; its controller tries again by itself in some minutes",
      );
      this.hasTold = true;
    }
    this.since = { key, at: now, refusals };
    return false;
  }
}
