import * as fs from "node:fs/promises";

import { stopSandbox, withSandboxLock } from "../sandbox/lifecycle";
import { cacheRoot, sandboxPaths } from "../sandbox/paths";
import { runCommand } from "./command";

/**
 * `npm run sandbox:down [-- --purge] [-- --purge-cache]`: stops every process of the sandbox. Its data stays for the
 * next start; `--purge` removes it, `--purge-cache` removes the tools that were built.
 */
runCommand(
  "sandbox:down",
  [],
  async ({ values }) => {
    const paths = sandboxPaths();
    const stopped = await withSandboxLock(paths, "npm run sandbox:down", () => stopSandbox(paths));
    console.log(stopped.length === 0 ? "Nothing was running." : `Stopped ${stopped.join(", ")}.`);
    if (values["purge"] === true) {
      await fs.rm(paths.root, { recursive: true, force: true });
      console.log(`Removed ${paths.root}.`);
    }
    if (values["purge-cache"] === true) {
      await fs.rm(cacheRoot(), { recursive: true, force: true });
      console.log(`Removed ${cacheRoot()}; the next start builds the tools anew.`);
    }
  },
  { purge: { type: "boolean" }, "purge-cache": { type: "boolean" } },
);
