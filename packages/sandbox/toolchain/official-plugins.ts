import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { UserError } from "../../../kit/user-error";
import { readText } from "../../../kit/files";
import type { Context } from "./context";
import { makeContext, type EnsureOptions, type Progress } from "./ensure";
import { addGroup } from "./fingerprint";
import { compile, findGoProblem, moduleFolder } from "./go";
import { withGoCaches } from "./go-caches";
import { withLock } from "./locks";
import { runCommand, withTicker } from "./run";
import { replaceFolder, withWorkFolder, type WorkFolder } from "./work-folder";

const recipeName = "official-plugins";
const kubernetesModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const randomModule = "github.com/terraform-providers/terraform-provider-random";

/**
 * Builds the plugins `pulumi-resource-kubernetes` (the official 4.25.0) and `pulumi-resource-random` (a bridge of ours
 * over the provider that the official one bridges) from the Go module proxy, once. They hold the contract suite's stand-ins
 * to what the official code does where no released plugin can be had.
 *
 * They are for tests and never for a user: the kubernetes plugin is older than the SDK package, takes over objects that
 * exist and lacks fields of later ones. Takes about 35 minutes of one processor and 10 GB of disk meanwhile.
 *
 * @returns the folder of both programs, to be put on PATH
 */
export async function buildOfficialPlugins(progress: Progress, options: EnsureOptions = {}): Promise<string> {
  const context = makeContext(progress, options);
  const folder = path.join(context.cache, recipeName);
  const stamp = await stampOfPlugins();
  return withLock(recipeName, context, async () => {
    const bin = path.join(folder, "bin");
    if ((await readText(path.join(folder, ".recipe"))) === stamp) return bin;
    const problems = await Promise.all(groups.map((group) => findGoProblem(recipeName, group, context)));
    const found = problems.filter((problem) => problem !== undefined);
    if (found.length > 0) throw new UserError(found);
    await withGoCaches(context, () =>
      withWorkFolder(recipeName, context, (work) =>
        withTicker(recipeName, context, "building two plugins from source", async () => {
          await buildKubernetes(work, context);
          await buildRandom(work, context);
          const made = path.join(work.results, recipeName);
          await link(made);
          await fs.writeFile(path.join(made, ".recipe"), stamp);
          await replaceFolder(made, folder, work);
        }),
      ),
    );
    return bin;
  });
}

const groups = ["plugin-kubernetes", "plugin-random"] as const;

async function stampOfPlugins(): Promise<string> {
  const hash = createHash("sha256");
  for (const group of groups) await addGroup(hash, group);
  return `${hash.digest("hex")}\n`;
}

/** The program, and the two files of its module that it reads beside itself. */
async function buildKubernetes(work: WorkFolder, context: Context): Promise<void> {
  const target = await build("kubernetes", work, context);
  const module = await moduleFolder(recipeName, "plugin-kubernetes", kubernetesModule, work, context);
  for (const name of ["schema.json", "terraform-mapping.json"]) {
    await fs.copyFile(path.join(module, "cmd", "pulumi-resource-kubernetes", name), path.join(target, name));
  }
}

/** The program, and the schema that it prints with the provider's documents at hand. */
async function buildRandom(work: WorkFolder, context: Context): Promise<void> {
  const target = await build("random", work, context);
  const module = await moduleFolder(recipeName, "plugin-random", randomModule, work, context);
  const { stdout } = await runCommand({
    recipeName,
    context,
    command: path.join(target, "pulumi-resource-random"),
    args: ["schema"],
    cwd: work.root,
    env: { RANDOM_PROVIDER: module },
  });
  await fs.writeFile(path.join(target, "schema.json"), stdout);
}

async function build(name: "kubernetes" | "random", work: WorkFolder, context: Context): Promise<string> {
  const group = `plugin-${name}`;
  const out = await compile(recipeName, { group, sources: ["."], variables: {}, tags: [] }, work, context);
  const [program = ""] = await fs.readdir(out);
  const target = path.join(work.results, recipeName, name);
  await fs.mkdir(target, { recursive: true });
  await fs.rename(path.join(out, program), path.join(target, `pulumi-resource-${name}`));
  return target;
}

/** One folder for PATH; each program finds its files, since it asks where it really lies. */
async function link(made: string): Promise<void> {
  await fs.mkdir(path.join(made, "bin"));
  for (const name of ["kubernetes", "random"]) {
    const program = `pulumi-resource-${name}`;
    await fs.symlink(path.join("..", name, program), path.join(made, "bin", program));
  }
}
