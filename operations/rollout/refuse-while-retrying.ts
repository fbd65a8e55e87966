import { errorText } from "../../kit/error-text";
import { UserError, type Problem } from "../../kit/user-error";
import { askUntil } from "../../kit/waiting";
import { names } from "../../settings/names";
import type { Silence } from "../collectors/silence";
import { deliveryBetween, refusals, retryingBetween, type CollectorState, type Delivery } from "../collectors/state";
import { singleLinesRefused } from "../collectors/state";

/** One look at every collector that runs. */
export type LookAtCollectors = () => Promise<CollectorState[]>;

/**
 * Finds out why collectors that run have made no request to Loki in so many seconds, and whether those are all; see
 * lookIntoSilence.
 */
export type ExplainSilence = (silent: readonly CollectorState[], seconds: number, all: boolean) => Promise<Silence>;

/** How long to look, and how often; tests look less long. */
export interface Patience {
  everyMs: number;
  /** Longer than the longest pause between two tries (30 s) and a request's timeout (10 s). */
  retryingMs: number;
  /** Until a first line has been sent. */
  sentMs: number;
}

const usual: Patience = { everyMs: 2_000, retryingMs: 45_000, sentMs: 90_000 };

/**
 * Refuses to go on while a collector holds lines that Loki does not take. One that delivers at-most-once loses its queue
 * when it stops; what runs may still do so, whatever the settings say by now, and new ones could not show that they send.
 *
 * @param tell hears of what could not be looked at, and that it takes a moment
 * @throws UserError with the nodes
 */
export async function refuseWhileRetrying(
  file: string,
  read: LookAtCollectors,
  tell: (text: string) => void,
  patience: Patience = usual,
): Promise<void> {
  const first = await lookAt(read, tell);
  if (first === undefined) return;
  let open = first.filter(({ retries }) => retries > 0);
  if (open.length > 0) tell("some collectors have tried again before: looking whether they do so now…");
  if (first.length === 0) tell("no collector runs that could hold lines");
  const look = async (): Promise<"decided" | undefined> => {
    const now = open.length === 0 ? undefined : await lookAt(read, tell);
    if (now === undefined) return "decided";
    const judged = open.map((before) => {
      const after = now.find(({ node }) => node === before.node);
      return { before, answer: after === undefined ? "no" : retryingBetween(before, after) };
    });
    const nodes = judged.filter(({ answer }) => answer === "yes").map(({ before }) => before.node);
    if (nodes.length > 0)
      throw UserError.of(
        file,
        "",
        `the collectors of ${nodes.join(", ")} hold lines that Loki does not take, and may lose them when they stop`,
        "wait until Loki takes them, or give them up with --force",
      );
    open = judged.filter(({ answer }) => answer === "unknown").map(({ before }) => before);
    return undefined;
  };
  await askUntil(look, { timeoutMs: patience.retryingMs, everyMs: patience.everyMs });
}

/**
 * Waits until every collector that was started anew has sent a line, and says what it means where Loki refuses them. One
 * that was started has something to send, its own first words at least: silence is looked into, and is a failure unless the
 * settings leave nothing to send.
 *
 * @param before a look at the collectors before the update; processes that still run are judged by what came since, and
 *   not waited for: they may have nothing to send
 * @param explain is asked about those that have made no request
 * @throws UserError if Loki answers 4xx, or nothing at all, if no collector runs, or if one is silent without a reason
 */
export async function waitForLines(
  file: string,
  read: LookAtCollectors,
  before: readonly CollectorState[],
  tell: (text: string) => void,
  explain: ExplainSilence,
  patience: Patience = usual,
): Promise<void> {
  const consequence = "what was deployed stays, but its lines do not arrive";
  let waiting: Delivery[] = [];
  let states: CollectorState[] = [];
  let running = 0;
  let warning: string | undefined;
  const look = async (): Promise<string | undefined> => {
    const now = await lookAt(read, tell);
    if (now === undefined) return "";
    running = now.length;
    states = now;
    const deliveries = now.map((state) =>
      deliveryBetween(
        before.find(({ node }) => node === state.node),
        state,
      ),
    );
    const problems = refusals(file, deliveries);
    if (problems.length > 0) throw new UserError(problems, consequence);
    warning = singleLinesRefused(deliveries) ?? warning;
    const fresh = now.filter(
      ({ node, startedAt }) => !before.some((old) => old.node === node && old.startedAt === startedAt),
    );
    waiting = deliveries.filter(({ node, sent }) => sent === 0 && fresh.some((state) => state.node === node));
    if (running === 0 || waiting.length > 0) return undefined;
    if (fresh.length === 0) return "no collector was started anew";
    return `each of ${fresh.length} ${fresh.length === running ? "" : "new "}collectors has sent lines`;
  };
  const said = await askUntil(look, { timeoutMs: patience.sentMs, everyMs: patience.everyMs });
  if (warning !== undefined) tell(warning);
  if (said !== undefined) return said === "" ? undefined : tell(said);
  if (running === 0)
    throw UserError.of(
      file,
      "",
      `no collector runs ${Math.round(patience.sentMs / 1000)} s after it was deployed, so no line is sent`,
      `kubectl get pods -A -l app.kubernetes.io/name=${names.app} says why; correct that, then run up again`,
      "what was deployed stays, but nothing is collected",
    );
  const unheard = waiting.filter(({ requests }) => requests > 0).map(({ node }) => node);
  const silent = waiting.filter(({ requests }) => requests === 0).map(({ node }) => node);
  const silence: Silence =
    silent.length === 0
      ? { problems: [], told: [] }
      : await explain(
          states.filter(({ node }) => silent.includes(node)),
          Math.round(patience.sentMs / 1000),
          silent.length === running,
        );
  for (const text of silence.told) tell(text);
  const problems = [...(unheard.length > 0 ? [notTaken(file, unheard)] : []), ...silence.problems];
  if (problems.length > 0) throw new UserError(problems, consequence);
}

const notTaken = (file: string, nodes: readonly string[]): Problem => ({
  ...{ file, key: "alloy:lokiUrl" },
  problem: `Loki has taken no line of ${nodes.join(", ")}: it does not answer, or answers with 5xx or 429`,
  remedy: "check that it runs and accepts lines; the collectors go on trying for alloy:wal.outageBudget",
});

/** A look that must not fail a deployment: who may deploy may not always ask the pods. */
export async function lookAt(
  read: LookAtCollectors,
  tell: (text: string) => void,
): Promise<CollectorState[] | undefined> {
  try {
    return await read();
  } catch (error) {
    tell(`warning: could not ask the collectors how they do (${errorText(error).split("\n")[0] ?? ""})`);
    return undefined;
  }
}
