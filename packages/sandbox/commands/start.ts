import { checkpointFile, sandboxStack } from "../engine/engine";
import { tidyUp, withSandboxLock } from "../start/lifecycle";
import { sandboxPaths } from "../paths";
import { checkPlace } from "../start/preflight";
import { listProcesses } from "../process/processes";
import { planPlugins } from "../stand-ins/install";
import { keepTarget } from "../own-cluster/chosen-cluster";
import { UserError } from "../../../kit/user-error";
import type { Settings } from "../../../settings/schema";
import { runCommand, type CommandCall } from "../../../commands/command";
import { confirm } from "../../../commands/confirm";
import { checkStack } from "../../../operations/engine/run";
import { findOwnPlaces, type OwnPlaces } from "../own-cluster/places";
import { describePlaces } from "../own-cluster/question";
import { silentOnceStopped, stopOnInterrupt } from "../start/interrupt";
import { runStart } from "../start/steps";

const ownFlags = ["context", "vault", "loki", "prometheus"] as const;

/**
 * `npm start`: a whole platform on this machine, the stack `local` deployed to it by the Pulumi CLI with the policy
 * pack, and the proof that its lines arrive. The servers stay; `npm run sandbox:down` stops them.
 *
 * `npm start -- --context NAME [--vault ADDR] [--loki URL] [--prometheus URL] [--yes]` uses a cluster of the user's, and
 * what else is named, in place of the sandbox's own. It asks before it touches them.
 */
runCommand(
  "start",
  [],
  async ({ values }) => {
    const paths = sandboxPaths();
    const settings = checkStack(sandboxStack);
    const own = await ownPlaces(values, settings);
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
    if (claims.some(({ holds }) => !holds)) process.exitCode = 1;
  },
  { ...Object.fromEntries(ownFlags.map((flag) => [flag, { type: "string" } as const])), yes: { type: "boolean" } },
);

/** The user's own cluster, looked at and agreed to; undefined where none is named. */
async function ownPlaces(values: CommandCall["values"], settings: Settings): Promise<OwnPlaces | undefined> {
  const [context, vault, loki, prometheus] = ownFlags.map((flag) => values[flag] as string | undefined);
  if (context === undefined) {
    const alone = [...ownFlags, "yes"].filter((flag) => values[flag] !== undefined);
    if (alone.length === 0) return undefined;
    const flags = alone.map((flag) => `--${flag}`).join(", ");
    throw UserError.of(
      "npm start",
      "",
      `${flags} means nothing without --context`,
      "name your cluster: --context NAME",
    );
  }
  const paths = sandboxPaths();
  const places = await findOwnPlaces({ context, vault, loki, prometheus }, settings, checkpointFile(paths.root));
  const plugins = await planPlugins(paths.bin);
  console.error(describePlaces(places, settings, plugins).join("\n"));
  if (values["yes"] === true || (await confirm("Go on?"))) return places;
  throw UserError.of(`context ${context}`, "", "was not agreed to", "nothing was touched; answer y, or add --yes");
}
