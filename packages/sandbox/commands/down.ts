import * as fs from "node:fs/promises";

import { checkpointFile } from "../engine/engine";
import { readText } from "../../../kit/files";
import { loadEngine, stopSandbox, withSandboxLock } from "../start/lifecycle";
import { cacheRoot, sandboxPaths, type SandboxPaths } from "../paths";
import { readTarget } from "../own-cluster/chosen-cluster";
import { UserError } from "../../../kit/user-error";
import { runCommand } from "../../../commands/command";

/**
 * `npm run sandbox:down [-- --purge] [-- --purge-cache]`: stops every process of the sandbox. Its data stays for the
 * next start; `--purge` removes it, `--purge-cache` removes the tools that were built.
 */
runCommand(
  "sandbox:down",
  [],
  async ({ values }) => {
    const paths = sandboxPaths();
    await withSandboxLock(paths, "npm run sandbox:down", async () => {
      if (values["purge"] === true) await refuseToForget(paths);
      const stopped = await stopSandbox(paths);
      console.log(stopped.length === 0 ? "Nothing was running." : `Stopped ${stopped.join(", ")}.`);
      if (values["purge"] === true) {
        await fs.rm(paths.root, { recursive: true, force: true });
        console.log(`Removed ${paths.root}.`);
      }
    });
    if (values["purge-cache"] === true) {
      await fs.rm(cacheRoot(), { recursive: true, force: true });
      console.log(`Removed ${cacheRoot()}; the next start builds the tools anew.`);
    }
  },
  { purge: { type: "boolean" }, "purge-cache": { type: "boolean" } },
);

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
