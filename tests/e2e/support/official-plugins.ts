import * as path from "node:path";

import { sdkVersions } from "../../../plugins/plugins-on-path";
import { offerPlugin } from "../../../packages/sandbox/engine/plugin-folder";
import { buildOfficialPlugins } from "../../../packages/sandbox/toolchain/official-plugins";
import type { E2eSandbox } from "./sandbox";

/** Those that can be built from what registries have. */
const built = [
  { name: "kubernetes", version: "4.25.0" },
  { name: "random", version: "4.21.2" },
] as const;

/**
 * Puts the official plugins that can be built here in the place of the stand-ins of a sandbox that is deployed, for
 * `npm run test:e2e -- --official FILE`, and brings the stack up with them. Such a kubernetes plugin is older than what
 * the program takes from PATH; the sandbox's engine looks into its own plugin folder only, and goes by the folder's name.
 * The next `npm start` puts the stand-ins back.
 */
export async function useOfficialPlugins(sandbox: E2eSandbox): Promise<void> {
  const tell = (text: string): void => console.error(`official plugins: ${text}`);
  const folder = await buildOfficialPlugins((tool, text) => tell(`${tool}: ${text}`));
  const home = (await sandbox.engine()).env["PULUMI_HOME"] ?? "";
  for (const { name, version } of built) {
    const file = path.join(folder, `pulumi-resource-${name}`);
    await offerPlugin(home, { kind: "resource", name, version, wanted: sdkVersions()[name], file });
    tell(`${name} ${version}, ${file}`);
  }
  const up = await sandbox.npm("up", ["local", "--yes"], { show: true });
  if (up.exitCode !== 0)
    throw new Error("the stack cannot be brought up with the official plugins; the reason is above");
}
