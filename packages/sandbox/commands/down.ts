import * as fs from "node:fs/promises";

import { checkpointFile } from "../engine/engine";
import { readText } from "../../../kit/files";
import { loadEngine, stopSandbox, withSandboxLock } from "../start/lifecycle";
import { cacheRoot, sandboxPaths, type SandboxPaths } from "../paths";
import { readTarget } from "../own-cluster/chosen-cluster";
import { UserError } from "../../../kit/user-error";
import { defineVerb } from "../../../commands/command-line/verb";

export const verb = defineVerb({
  name: "down",
  typed: "npm run sandbox:down",
  summary: "Stop every process of the sandbox",
  description: [
    "Stops what npm start has started, and nothing else. The data stays for the next start. What was deployed to a " +
      "cluster of yours stays there.",
  ],
  arguments: {},
  flags: {
    purge: { meaning: "Remove the sandbox's data as well" },
    "purge-cache": { meaning: "Remove the tools that were built or downloaded as well" },
  },
  examples: [{ line: "npm run sandbox:down -- --purge", meaning: "start from nothing with the next npm start" }],
  exitCodes: {
    0: "nothing of the sandbox runs",
    1: "--purge would lose the state of what is deployed to your cluster",
  },
  run: async ({ flags }) => {
    const paths = sandboxPaths();
    const done: string[] = [];
    await withSandboxLock(paths, "npm run sandbox:down", async () => {
      if (flags.purge) await refuseToForget(paths);
      const stopped = await stopSandbox(paths);
      done.push(stopped.length === 0 ? "Nothing was running." : `Stopped ${stopped.join(", ")}.`);
      if (flags.purge) {
        await fs.rm(paths.root, { recursive: true, force: true });
        done.push(`Removed ${paths.root}.`);
      }
    });
    if (flags["purge-cache"]) {
      await fs.rm(cacheRoot(), { recursive: true, force: true });
      done.push(`Removed ${cacheRoot()}; the next start builds the tools anew.`);
    }
    return { text: done.join("\n") };
  },
});

/** On a cluster of the user's the state is all that knows what was deployed. */
async function refuseToForget(paths: SandboxPaths): Promise<void> {
  const context = (await readTarget(paths))?.context;
  const engine = await loadEngine(paths);
  if (context === undefined || engine === undefined) return;
  const checkpoint = (await readText(checkpointFile(paths.root))) ?? "";
  if (!checkpoint.includes('"kubernetes:')) return;
  throw UserError.of(
    paths.root,
    "",
    `what was deployed to context ${context} is in the state that --purge would remove`,
    `take it away first: eval "$(npm run --silent sandbox:env)" && pulumi destroy; or keep the sandbox: npm run sandbox:down`,
  );
}
