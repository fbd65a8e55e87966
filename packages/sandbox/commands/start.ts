import { checkpointFile, sandboxStack } from "../engine/engine";
import { tidyUp, withSandboxLock } from "../start/lifecycle";
import { sandboxPaths } from "../paths";
import { refuseOtherPlatforms } from "../start/platform";
import { checkPlace } from "../start/preflight";
import { listProcesses } from "../process/processes";
import { planPlugins } from "../stand-ins/install";
import { keepTarget } from "../own-cluster/chosen-cluster";
import { UserError } from "../../../kit/user-error";
import type { Settings } from "../../../settings/schema";
import { confirm } from "../../../commands/command-line/confirm";
import { defineVerb } from "../../../commands/command-line/verb";
import { checkStack } from "../../../operations/engine/run";
import { findOwnPlaces, type OwnPlaces } from "../own-cluster/places";
import { describePlaces } from "../own-cluster/question";
import { silentOnceStopped, stopOnInterrupt } from "../start/interrupt";
import { runStart } from "../start/steps";

export const verb = defineVerb({
  name: "start",
  typed: "npm start",
  summary: "Start a whole platform on this machine, deploy to it, and prove that lines arrive",
  description: [
    "Starts Kubernetes, OpenBao, Loki and Prometheus on this machine, deploys the stack local to them with the Pulumi " +
      "CLI and the policy pack, and counts the lines that arrive. The first start builds or downloads the tools. The " +
      "servers keep running until npm run sandbox:down.",
    "With --context it deploys to a cluster of yours, after it has said what it will do and you have agreed. What you " +
      "do not name is started on this machine.",
  ],
  arguments: {},
  flags: {
    context: { meaning: "A context of your kubeconfig: use this cluster", value: "NAME" },
    vault: { meaning: "With --context: use this Vault; its token is in VAULT_TOKEN", value: "ADDRESS" },
    loki: { meaning: "With --context: use this Loki", value: "URL" },
    prometheus: { meaning: "With --context: use this Prometheus", value: "URL" },
    yes: { meaning: "With --context: do not ask" },
  },
  examples: [
    { line: "npm start", meaning: "try everything out on this machine" },
    { line: "npm start -- --context kind-kind", meaning: "try it on a cluster of yours" },
  ],
  exitCodes: {
    0: "it runs, and everything is proven",
    1: "it runs, but a claim of the proof does not hold",
    2: "it could not be started: the report says what is in the way",
  },
  errorsAreNoAnswer: true,
  run: async ({ flags }) => {
    refuseOtherPlatforms();
    const paths = sandboxPaths();
    const settings = checkStack(sandboxStack);
    const own = await ownPlaces(flags, settings);
    const claims = await withSandboxLock(paths, "npm start", async () => {
      await checkPlace(paths);
      await keepTarget(paths, own?.target ?? { context: undefined, vault: undefined });
      for (const line of await tidyUp(paths)) console.error(line);
      const builds = new AbortController();
      const interrupted = stopOnInterrupt(paths, await listProcesses(paths), () => builds.abort());
      try {
        return await silentOnceStopped(builds.signal, () => runStart({ paths, settings, own, signal: builds.signal }));
      } finally {
        interrupted.dispose();
      }
    });
    // A proof without claims proves nothing.
    return { exitCode: claims.length > 0 && claims.every(({ holds }) => holds) ? 0 : 1 };
  },
});

interface PlaceFlags {
  context: string | undefined;
  vault: string | undefined;
  loki: string | undefined;
  prometheus: string | undefined;
  yes: boolean;
}

/** The user's own cluster, looked at and agreed to; undefined where none is named. */
async function ownPlaces(flags: PlaceFlags, settings: Settings): Promise<OwnPlaces | undefined> {
  const { context, vault, loki, prometheus, yes } = flags;
  if (context === undefined) {
    const alone = Object.entries({ vault, loki, prometheus, yes: yes || undefined }).flatMap(([flag, value]) =>
      value === undefined ? [] : [`--${flag}`],
    );
    if (alone.length === 0) return undefined;
    throw UserError.cannotTell(
      "npm start",
      "",
      `${alone.join(", ")} ${alone.length === 1 ? "means" : "mean"} nothing without --context`,
      "name your cluster: --context NAME",
    );
  }
  const paths = sandboxPaths();
  const places = await findOwnPlaces({ context, vault, loki, prometheus }, settings, checkpointFile(paths.root));
  const plugins = await planPlugins(paths.bin);
  console.error(describePlaces(places, settings, plugins).join("\n"));
  if (yes || (await confirm("Go on?"))) return places;
  throw UserError.of(`context ${context}`, "", "was not agreed to", "nothing was touched; answer y, or add --yes");
}
