import * as fs from "node:fs/promises";
import * as path from "node:path";

import { cacheRoot } from "../../packages/sandbox/paths";
import { executablesOnPath } from "../../packages/sandbox/toolchain/find";
import { run } from "../e2e/support/command";

/** checkov and all that it brings, by version and hash. */
export const requirements = path.join(__dirname, "requirements.txt");

/** What the accepted findings were read with; a newer one may have checks that nobody has looked at. */
async function wantedVersion(): Promise<string> {
  const version = /^checkov==(\S+)/m.exec(await fs.readFile(requirements, "utf8"))?.[1];
  if (version === undefined) throw new Error(`${requirements} names no version of checkov`);
  return version;
}

/** checkov from PATH, else from a virtual environment in the tool cache, which is made once with pip. */
export async function checkov(): Promise<string> {
  const version = await wantedVersion();
  const [onPath] = await executablesOnPath("checkov", process.env);
  if (onPath !== undefined && (await run(onPath, ["--version"])).output.trim() === version) return onPath;
  const folder = path.join(cacheRoot(), "tools", `checkov-${version}`);
  const program = path.join(folder, "bin", "checkov");
  const isThere = await fs.access(path.join(folder, "complete")).then(
    () => true,
    () => false,
  );
  if (isThere) return program;
  console.error(`checkov ${version}: installing into the tool cache, a minute or two`);
  await fs.rm(folder, { recursive: true, force: true });
  await must("python3", ["-m", "venv", folder]);
  await must(path.join(folder, "bin", "pip"), [
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--require-hashes",
    "--requirement",
    requirements,
  ]);
  await fs.writeFile(path.join(folder, "complete"), "");
  return program;
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { exitCode, output } = await run(command, args);
  if (exitCode !== 0)
    throw new Error(`${command} ${args.join(" ")} failed; Python 3 with venv and pip is needed\n${output}`);
}
