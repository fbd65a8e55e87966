import { setTimeout as sleep } from "node:timers/promises";

import type { ErrorPlace } from "../../errors/explain-error";
import type { AuthKind } from "../../pipeline/credential-files";
import type { SandboxPaths } from "../../packages/sandbox/paths";
import type { Backend } from "../../settings/credentials";
import { UserError } from "../../kit/user-error";
import type { Settings } from "../../settings/schema";
import { runEngine, type EngineCall } from "../engine/run";
import { collectorsOf, readDeliveries, usersOf, type Collector, type Deliveries } from "./collectors";
import { tryCredential } from "./try-credential";
import type { RotationWorld } from "./rotate-credential";
import { routeTo } from "./route-to-backend";
import type { Store } from "../../vault/store";

/** One stack's backend, with the engine, the cluster and the Vault that belong to it. */
export interface Place {
  settings: Settings;
  backend: Backend;
  kind: AuthKind;
  store: Store;
  call: EngineCall;
  errors: ErrorPlace;
  sandbox: SandboxPaths | undefined;
  /** How long the gateway may take to let the new user in, and how long the collectors to use it. */
  timeoutMs: number;
  say: (text: string) => void;
}

/** How often the counters are looked at, and how long: longer than the longest pause between two tries, and a timeout. */
const look = { everyMs: 2_000, longestMs: 45_000 };

/** How long a kubelet takes to replace a Secret's file, where nothing tells when it has. */
const fileMs = 120_000;

/** The world as it is. */
export function realWorld(place: Place): RotationWorld {
  const { store, say } = place;
  return {
    store,
    say,
    collectorsAtRest: () => refuseWhileRetrying(place),
    tryOut: (credential) => tryOut(place, credential),
    deliver: () => deliver(place),
    collectorsUse: (credential) => waitForCollectors(place, credential),
  };
}

const collectors = ({ settings, call, sandbox }: Place): Promise<Collector[]> =>
  collectorsOf(settings, call.env, sandbox);

/** One that has never had to try again is at rest; of the others it takes a success, or a while without a try. */
async function refuseWhileRetrying(place: Place): Promise<void> {
  const all = await collectors(place);
  const before = await readAll(place, all);
  let open = all.filter(({ pod }) => (before.get(pod)?.retried ?? 0) > 0);
  if (open.length > 0) place.say("some collectors have tried again before: looking whether they do so now");
  const until = Date.now() + look.longestMs;
  while (open.length > 0 && Date.now() < until) {
    await sleep(look.everyMs);
    const now = await readAll(place, open);
    const grown = ({ pod }: Collector, counter: keyof Deliveries): boolean =>
      (now.get(pod)?.[counter] ?? 0) > (before.get(pod)?.[counter] ?? 0);
    open = open.filter((collector) => !grown(collector, "succeeded"));
    const busy = open.filter((collector) => grown(collector, "retried")).map(({ node }) => node);
    if (busy.length > 0)
      throw UserError.of(
        `the collectors of ${busy.join(", ")}`,
        "",
        `cannot deliver to ${place.backend} right now and try again: a changed credential would wait behind what they hold`,
        "rotate when the outage is over; nothing was changed",
      );
  }
}

async function readAll(place: Place, all: readonly Collector[]): Promise<Map<string, Deliveries>> {
  const entries = await Promise.all(
    all.map(async (collector): Promise<[string, Deliveries]> => {
      try {
        return [collector.pod, await readDeliveries(collector, place.backend)];
      } catch (error) {
        const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
        throw UserError.of(
          `the collector of ${collector.node}`,
          collector.pod,
          `does not tell its counters (${reason})`,
          "mend it first: without its counters nobody can say when it has the new credential",
        );
      }
    }),
  );
  return new Map(entries);
}

async function tryOut(
  { settings, backend, kind, call, timeoutMs }: Place,
  credential: Record<string, string>,
): Promise<void> {
  const url = backend === "loki" ? settings.lokiUrl : settings.prometheusUrl;
  const { context } = settings.kubernetes ?? {};
  const route = await routeTo(url, { context, namespace: settings.namespace.name, env: call.env });
  const until = Date.now() + timeoutMs;
  try {
    for (;;) {
      const verdict = await tryCredential({ backend, url: route.url, tenant: settings.lokiTenant }, kind, credential);
      if (verdict.outcome === "accepted") return;
      if (Date.now() < until) await sleep(500);
      else if (verdict.outcome === "refused")
        throw UserError.of(
          url,
          "",
          `refuses the new credential (${verdict.said}, tried ${route.how}): the collectors were left as they are`,
          "see that the server knows it (with Basic auth: the lines at PATH-gateway), then run the same command again; --abort takes it back",
        );
      else
        throw UserError.of(
          url,
          "",
          `cannot be asked whether it takes the new credential (${verdict.said}, tried ${route.how}): the collectors were left as they are`,
          "run this where it can be reached, and when it answers",
        );
    }
  } finally {
    route.close();
  }
}

async function deliver({ settings, call, errors, say }: Place): Promise<void> {
  if (settings.credentials.mode === "vault") return;
  say("changing the Kubernetes Secret");
  const flags = ["--yes", "--skip-preview", "--target", "**alloy-credentials-secret"];
  const result = await runEngine(call, "up", flags, errors, true);
  if (result.exitCode !== 0) throw new Error(`pulumi up of the Secret failed:\n${result.output}`);
}

/**
 * Waits until every collector has taken the credential up, which shows in the user that its component is set up with,
 * and has delivered since. Other kinds have no name: there the file is given the time that a kubelet takes.
 */
async function waitForCollectors(place: Place, credential: Record<string, string>): Promise<void> {
  const { backend, kind, timeoutMs, say } = place;
  if (kind !== "basic") {
    say(`giving the nodes ${fileMs / 1000} s to replace the file`);
    await sleep(fileMs);
  }
  const takenUp = new Map<string, number>();
  const delivered = new Set<string>();
  const until = Date.now() + timeoutMs;
  for (;;) {
    const all = await collectors(place);
    for (const collector of all) {
      if (delivered.has(collector.pod)) continue;
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
    const waiting = all.filter(({ pod }) => !delivered.has(pod)).map(({ node }) => node);
    if (waiting.length === 0) {
      say(`every collector has delivered with it (${all.length})`);
      return;
    }
    if (Date.now() >= until)
      throw new UserError(
        [
          {
            file: `the collectors of ${waiting.join(", ")}`,
            key: "",
            problem: "have not delivered with the new credential yet; the old one is still let in, so nothing is lost",
            remedy:
              "look why (npm run sandbox:status, or their logs), then run the same command again: it goes on here",
          },
        ],
        "the rotation is not finished",
      );
    await sleep(500);
  }
}
