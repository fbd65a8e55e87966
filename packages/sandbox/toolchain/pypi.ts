import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { Problem } from "../../../kit/user-error";
import type { Context } from "./context";
import { askVersion, executablesOnPath } from "./find";
import { outputsOf, pinOf, type RecipeOf } from "./recipes";
import { describe, installHint, runCommand } from "./run";
import type { WorkFolder } from "./work-folder";

/** The problem to report where there is no Python with pip; undefined where there is. */
export async function findPipProblem(name: string, context: Context): Promise<Problem | undefined> {
  const [python] = await executablesOnPath("python3", context.env);
  if (python !== undefined && (await askVersion(python, ["-m", "pip", "--version"], context.env)) !== "") {
    return undefined;
  }
  return {
    file: describe(name),
    key: "",
    problem: `not on PATH in an accepted version and not in the cache; getting it takes Python 3 with pip, and ${python === undefined ? "python3 is not on PATH" : `${python} has no pip`}`,
    remedy: `install Python 3 with pip, or ${installHint(name)}`,
  };
}

/** Takes executables out of a wheel into `<results>/<tool>/<tool>`; pip checks the wheel against the pinned hashes. */
export async function fetchFromPyPI(
  name: string,
  recipe: RecipeOf<"pypi">,
  folder: WorkFolder,
  context: Context,
): Promise<void> {
  const shared = { recipeName: name, context, command: "python3", cwd: folder.root, env: { TMPDIR: folder.root } };
  const outputs = outputsOf(recipe);
  const version = outputs.map(([tool]) => pinOf(tool).version)[0];
  const hashes = recipe.hashes.map((hash) => `--hash=${hash}`).join(" ");
  await fs.writeFile(path.join(folder.root, "requirements.txt"), `${recipe.package}==${version} ${hashes}\n`);
  await runCommand({
    ...shared,
    args: [
      ...["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir"],
      ...["--disable-pip-version-check", "--dest=wheels", "--requirement=requirements.txt"],
    ],
  });
  for (const wheel of await fs.readdir(path.join(folder.root, "wheels"))) {
    await runCommand({ ...shared, args: ["-m", "zipfile", "-e", path.join("wheels", wheel), "unpacked"] });
  }
  for (const [tool, source] of outputs) {
    const unpacked = path.join(folder.root, "unpacked");
    const result = path.join(folder.results, tool);
    // An executable that looks for libraries beside itself keeps its place in the wheel, and a link leads to it.
    const file = path.join(result, recipe.libraries === undefined ? tool : source);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.rename(path.join(unpacked, source), file);
    await fs.chmod(file, 0o755); // zip files of wheels keep no mode that Python's unpacker sets
    if (recipe.libraries !== undefined) {
      await fs.rename(path.join(unpacked, recipe.libraries), path.join(result, recipe.libraries));
      await fs.symlink(source, path.join(result, tool));
    }
  }
}
