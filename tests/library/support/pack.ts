import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../../kit/repo-root";
import { npmRun, run } from "../../e2e/support/command";

/** The package as `npm run pack` makes it. */
export interface Package {
  /** Path of the tarball. */
  tarball: string;
  /** What is in it, from the package's root. */
  files: string[];
  packedBytes: number;
}

let packed: Promise<Package> | undefined;

/** Builds and packs the package, once a run of tests. The tarball lies in a temporary folder, which the run removes. */
export function pack(): Promise<Package> {
  packed ??= makePackage();
  return packed;
}

async function makePackage(): Promise<Package> {
  const folder = await temporaryFolder();
  const { exitCode, stdout, output } = await npmRun("pack", ["--json", "--pack-destination", folder]);
  if (exitCode !== 0) throw new Error(`npm run pack failed:\n${output}`);
  // What the build prints comes before it.
  const [made] = JSON.parse(stdout.slice(stdout.indexOf("[\n"))) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  return {
    tarball: path.join(folder, made.filename),
    files: made.files.map((file) => file.path),
    packedBytes: made.size,
  };
}

const folders: string[] = [];

/** A folder that is removed when the tests have ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-library-"));
  folders.push(folder);
  return folder;
}

/** Removes every folder that {@link temporaryFolder} has made. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await fs.rm(folder, { recursive: true, force: true });
  packed = undefined;
}

/** A copy of the example with the packed package installed in it, as somebody has it after `npm install`. */
export async function installExample(): Promise<string> {
  const folder = await temporaryFolder();
  await fs.cp(path.join(repoRoot, "examples", "in-your-program"), folder, { recursive: true });
  const manifest = path.join(folder, "package.json");
  const { tarball } = await pack();
  const text = await fs.readFile(manifest, "utf8");
  const installed = text.replace(/("@detectviz\/alloy": )"[^"]+"/, `$1${JSON.stringify(`file:${tarball}`)}`);
  if (installed === text) throw new Error(`${manifest} does not depend on the package`);
  await fs.writeFile(manifest, installed);
  const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--strict-peer-deps"];
  const { exitCode, output } = await run("npm", ["install", ...flags], { cwd: folder });
  if (exitCode !== 0) throw new Error(`npm install failed:\n${output}`);
  return folder;
}
