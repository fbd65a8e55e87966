import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { PLUGINS, type PluginName } from "../../../plugins/plugin-versions";
import { pluginFile, pluginVersion } from "../../../plugins/plugins-on-path";
import { findOfficialPlugin, recordedPlugins } from "./install";
import { downloadAll, reachable } from "../toolchain/download";
import { FetchError } from "../toolchain/download-client";
import { makeContext, type EnsureOptions, type Progress } from "../toolchain/ensure";
import { planProblems } from "../toolchain/plan";
import { pluginReleases, type Release } from "../toolchain/releases";

/**
 * Downloads the official plugins that a sandbox would otherwise need stand-ins for, verified as tools are. What cannot be
 * had is told and left to the stand-ins. A sandbox that has begun keeps the plugins it has, since states differ.
 *
 * @param binDir the sandbox's folder of executables, whose own plugins do not count as this machine's
 */
export async function downloadPlugins(binDir: string, progress: Progress, options: EnsureOptions = {}): Promise<void> {
  const context = makeContext(progress, options);
  const decided = recordedPlugins(binDir);
  const missing: PluginName[] = [];
  for (const name of PLUGINS) {
    const origin = decided.find((plugin) => plugin.name === name)?.origin;
    if (origin !== undefined && origin !== "release") continue;
    if ((await findOfficialPlugin(name, binDir, context.env)) === undefined) missing.push(name);
  }
  const wanted = pluginReleases(context).filter(({ files }) =>
    missing.some((name) => files[pluginFile(name)] !== undefined),
  );
  const downloads = await reachable(wanted, "stand-ins take the place of the plugins that lie there", context);
  if (downloads === undefined) return;
  const problems = await planProblems([], downloads.releases, context);
  if (problems.length === 0) return downloadAll(downloads, context, checkPlugin, () => undefined);
  await downloads.client.close();
  throw new UserError(problems);
}

async function checkPlugin(release: Release, folder: string): Promise<void> {
  for (const [name, source] of Object.entries(release.files)) {
    // Of one that does not run here it tells why.
    const version = await pluginVersion(path.join(folder, source));
    if (version.replace(/^v/, "") !== release.version) {
      throw new FetchError(`${name} was downloaded and tells ${version}, not ${release.version}`, false);
    }
  }
}
