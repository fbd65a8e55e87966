import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "./repo-root";

/**
 * Where finished tools are kept between runs, outside the checkout so that a fresh clone finds them.
 * `ALLOY_CACHE` moves it.
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env["ALLOY_CACHE"] || path.join(os.homedir(), ".cache", "detectviz-alloy"));
}

/** Where one sandbox keeps everything it writes: `.sandbox/` of the checkout. `ALLOY_SANDBOX` moves it. */
export function sandboxRoot(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env["ALLOY_SANDBOX"] || path.join(repoRoot, ".sandbox"));
}
