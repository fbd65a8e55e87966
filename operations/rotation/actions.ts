import { setTimeout as sleep } from "node:timers/promises";

import { errorText } from "../../kit/error-text";
import { UserError } from "../../kit/user-error";
import { askUntil } from "../../kit/waiting";
import type { AuthKind } from "../../pipeline/credential-files";
import type { Backend } from "../../settings/credentials";
import type { Store } from "../../vault/store";
import type { Collector } from "../collectors/find";
import { failureReasons } from "../engine/plan";
import { runEngine } from "../engine/run";
import type { StackContext } from "../stack-context";
import { readDeliveries, usersOf, type Deliveries } from "./deliveries";
import { routeTo } from "./route-to-backend";
import type { RotationActions } from "./rotate-credential";
import { targetOf } from "./target";
import { tryCredential, type Verdict } from "./try-credential";

/** One backend of a stack, and the Vault that holds its credential. */
export interface RotatedBackend {
  context: Pick<StackContext, "settings" | "engine" | "env" | "home" | "place" | "findCollectors">;
  backend: Backend;
  kind: AuthKind;
  store: Store;
  /** How long the gateway may take to let the new user in, and how long the collectors to use it. */
  timeoutMs: number;
  say: (text: string) => void;
}

/** How often the counters are looked at, and how long: longer than the longest pause between two tries, and a timeout. */
const look = { everyMs: 2_000, timeoutMs: 45_000 };

/** How long a kubelet takes to replace a Secret's file, where nothing tells when it has. */
const fileMs = 120_000;

/** What a rotation does to a stack that is deployed. */
export function rotationActions(rotated: RotatedBackend): RotationActions {
  const { store, say } = rotated;
  return {
    store,
    say,
    collectorsAtRest: () => refuseWhileRetrying(rotated),
    tryOut: (credential) => tryOut(rotated, credential),
    deliver: () => deliver(rotated),
    collectorsUse: (credential) => waitForCollectors(rotated, credential),
  };
}

/** One that has never had to try again is at rest; of the others it takes a success, or a while without a try. */
async function refuseWhileRetrying(rotated: RotatedBackend): Promise<void> {
  // What is ending delivers what it has with the old credential, and is waited for at the end.
  const all = (await rotated.context.findCollectors()).filter(({ phase }) => phase !== "ending");
  if (all.length === 0)
    throw UserError.of(
      "the collectors",
      "",
      "do not exist: nobody can say when they have the new credential",
      "deploy the stack first, or check whether this is its cluster",
      "nothing was changed",
    );
  const before = await readAll(rotated, all);
  let open = all.filter(({ pod }) => (before.get(pod)?.retried ?? 0) > 0);
  if (open.length > 0) rotated.say("some collectors have tried again before: looking whether they do so now");
  const lookAgain = async (): Promise<"at rest" | undefined> => {
    const now = await readAll(rotated, open);
    const grown = ({ pod }: Collector, counter: keyof Deliveries): boolean =>
      (now.get(pod)?.[counter] ?? 0) > (before.get(pod)?.[counter] ?? 0);
    open = open.filter((collector) => !grown(collector, "succeeded"));
    const busy = open.filter((collector) => grown(collector, "retried")).map(({ node }) => node);
    if (busy.length > 0)
      throw UserError.of(
        `the collectors of ${busy.join(", ")}`,
        "",
        `cannot deliver to ${rotated.backend} right now and try again: a changed credential would wait behind what they hold`,
        "rotate when the outage is over; nothing was changed",
      );
    return open.length === 0 ? "at rest" : undefined;
  };
  await askUntil(lookAgain, look);
}

async function readAll({ backend }: RotatedBackend, all: readonly Collector[]): Promise<Map<string, Deliveries>> {
  const entries = await Promise.all(
    all.map(async (collector): Promise<[string, Deliveries]> => {
      try {
        return [collector.pod, await readDeliveries(collector, backend)];
      } catch (error) {
        const reason = errorText(error).split("\n")[0] ?? "";
        throw UserError.of(
          `the collector of ${collector.node}`,
          collector.pod,
          `does not report its counters (${reason})`,
          "repair it first: without its counters nobody can say when it has the new credential",
        );
      }
    }),
  );
  return new Map(entries);
}

async function tryOut(
  { context: { settings, env, home }, backend, kind, timeoutMs }: RotatedBackend,
  credential: Record<string, string>,
): Promise<void> {
  const url = backend === "loki" ? settings.lokiUrl : settings.prometheusUrl;
  const { context } = settings.kubernetes ?? {};
  const route = await routeTo(url, { context, namespace: settings.namespace.name, env });
  let verdict: Verdict | undefined;
  const ask = async (): Promise<"accepted" | undefined> => {
    verdict = await tryCredential(targetOf(settings, backend, route.url, home), kind, credential);
    return verdict.outcome === "accepted" ? "accepted" : undefined;
  };
  const answer = await askUntil(ask, { timeoutMs, everyMs: 500 }).finally(route.close);
  if (answer !== undefined) return;
  const tried = `(${verdict?.said ?? ""}, tried ${route.how}): the collectors were left as they are`;
  throw verdict?.outcome === "refused"
    ? UserError.of(
        url,
        "",
        `refuses the new credential ${tried}`,
        "see that the server knows it (with Basic auth: the lines at PATH-gateway), then run the same command again; --abort takes it back",
      )
    : UserError.of(
        url,
        "",
        `cannot be asked whether it takes the new credential ${tried}`,
        "run this on a machine that reaches it, at a time when it answers",
      );
}

async function deliver({ context: { settings, engine, place }, say }: RotatedBackend): Promise<void> {
  if (settings.credentials.mode === "vault") return;
  say("changing the Kubernetes Secret");
  const flags = ["--yes", "--skip-preview", "--target", "**alloy-credentials-secret"];
  const result = await runEngine(engine, "up", flags, place, { show: "none" });
  if (result.exitCode !== 0)
    throw new Error(`pulumi up of the Secret failed:\n${failureReasons(result.plan).join("\n") || result.output}`);
}

/**
 * Waits until every collector has taken the credential up, which shows in the user that its component is set up with,
 * and has delivered since; one that is ending, until it is gone. No collector at all
 * proves nothing. Other kinds have no name: there the file is given the time that a kubelet takes.
 */
async function waitForCollectors(rotated: RotatedBackend, credential: Record<string, string>): Promise<void> {
  const { context, backend, kind, timeoutMs, say } = rotated;
  if (kind !== "basic") {
    say(`giving the nodes ${fileMs / 1000} s to replace the file`);
    await sleep(fileMs);
  }
  const takenUp = new Map<string, number>();
  const delivered = new Set<string>();
  let all: Collector[] = [];
  let waiting: string[] = [];
  const lookAtAll = async (): Promise<"all" | undefined> => {
    all = await context.findCollectors();
    for (const collector of all) {
      if (collector.phase !== "running" || delivered.has(collector.pod)) continue;
      const user = credential["username"] ?? "";
      // One that does not answer now is asked again.
      const users = kind === "basic" ? await usersOf(collector, backend).catch(() => []) : [];
      if (kind === "basic" && !users.includes(user)) continue;
      const deliveries = await readDeliveries(collector, backend).catch(() => undefined);
      if (deliveries === undefined) continue;
      const first = takenUp.get(collector.pod) ?? deliveries.succeeded;
      takenUp.set(collector.pod, first);
      if (deliveries.succeeded > first) delivered.add(collector.pod);
    }
    waiting = all.filter(({ pod, phase }) => phase === "ending" || !delivered.has(pod)).map(({ node }) => node);
    return all.length > 0 && waiting.length === 0 ? "all" : undefined;
  };
  if ((await askUntil(lookAtAll, { timeoutMs, everyMs: 500 })) !== undefined)
    return say(`every collector has delivered with it (${all.length})`);
  throw UserError.of(
    all.length === 0 ? "the collectors" : `the collectors of ${waiting.join(", ")}`,
    "",
    all.length === 0
      ? "do not exist; the old credential is still let in"
      : "have not delivered with the new credential yet; the old one is still let in, so nothing is lost",
    "look why (npm run sandbox:status, or their logs), then run the same command again: it goes on here",
    "the rotation is not finished",
  );
}
