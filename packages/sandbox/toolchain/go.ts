import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { Problem } from "../../../kit/user-error";
import type { Context } from "./context";
import { askVersion, executablesOnPath } from "./find";
import { compilerMemory, goCaches } from "./go-caches";
import { compareVersions, findVersion, formatVersion, type Version } from "./ranges";
import { isPlainYaml } from "./released";
import { groupFolder, outputsOf, pinOf, type RecipeOf } from "./recipes";
import { describe, downloadError, installHint, runCommand, tryCommand } from "./run";
import type { WorkFolder } from "./work-folder";

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * The problem to report where a Go that is new enough is not on PATH; undefined where it is. The main module of a group
 * says what it needs, and without a group any Go does that knows toolchains. The
 * toolchain that Go would download by itself is left out: a build should not depend on what `GOTOOLCHAIN` says.
 */
export async function findGoProblem(
  name: string,
  group: string | undefined,
  context: Context,
): Promise<Problem | undefined> {
  const needed = group === undefined ? ([1, 21, 0] as const) : await goDirective(groupFolder(group));
  const [go] = await executablesOnPath("go", context.env);
  const env = { ...context.env, ...goEnv(goCaches(context.cache), context.cache) };
  const found = go === undefined ? undefined : findVersion(await askVersion(go, ["version"], env));
  if (found !== undefined && compareVersions(found, needed) >= 0) return undefined;
  const has = found === undefined ? "no working Go is on PATH" : `${go} is Go ${formatVersion(found)}`;
  return {
    file: describe(name),
    key: "",
    problem: `not on PATH in an accepted version and not in the cache; getting it takes Go ${formatVersion(needed)} or newer, but ${has}`,
    remedy: `install Go ${needed[0]}.${needed[1]} (${formatVersion(needed)} or newer), or ${installHint(name)}`,
  };
}

async function goDirective(folder: string): Promise<Version> {
  const line = /^go (\S+)$/m.exec(await fs.readFile(path.join(folder, "go.mod"), "utf8"));
  const version = line === null ? undefined : findVersion(line[0]);
  if (version === undefined) throw new Error(`${folder}/go.mod says no Go version`);
  return version;
}

/**
 * Everything that could make two machines build differently is set here, whatever the user's environment and `go env`
 * files say; GOPROXY and GOPRIVATE stay theirs, since they say how modules are reached.
 *
 * @param caches the folder of the module and build caches
 * @param work the folder for files that live as long as one command
 */
function goEnv(caches: string, work: string): NodeJS.ProcessEnv {
  return {
    CGO_ENABLED: "0",
    GO111MODULE: "on",
    GOARCH: architectures[process.arch] ?? process.arch,
    GOCACHE: path.join(caches, "go-build"),
    GOEXPERIMENT: "",
    // modcacherw: else the module cache is read-only and could not be removed.
    GOFLAGS: "-modcacherw",
    GOMODCACHE: path.join(caches, "go-mod"),
    GOOS: process.platform,
    GOPATH: path.join(caches, "go-path"),
    // go.sum is complete and committed, so there is nothing to ask; some forks are in no checksum database.
    GOSUMDB: "off",
    GOTMPDIR: work,
    GOTOOLCHAIN: "local",
    GOWORK: "off",
  };
}

/** More downloads at once than there are processors, for which Go would hold back. */
const downloadsAtOnce = "8";

/**
 * Fetches the modules that a recipe's packages need into the shared caches. It may go on beside a build, and what it
 * cannot fetch the build will report.
 */
export async function fetchModules(name: string, recipe: RecipeOf<"go">, context: Context): Promise<void> {
  const { root } = await makeGoFolder(context);
  const args = ["list", "-deps", "-mod=readonly", `-tags=${recipe.tags.join(",")}`, "-f={{if false}}{{end}}"];
  await tryCommand({
    recipeName: name,
    context,
    command: "go",
    args: [...args, ...outputsOf(recipe).map(([, source]) => source)],
    cwd: groupFolder(recipe.group),
    env: { ...goEnv(root, root), GOMAXPROCS: downloadsAtOnce },
  });
}

async function makeGoFolder(context: Context): Promise<{ root: string }> {
  const root = goCaches(context.cache);
  await fs.mkdir(root, { recursive: true });
  return { root };
}

/** Builds the packages of a recipe into `<results>/<tool>/<tool>`. */
export async function buildWithGo(
  name: string,
  recipe: RecipeOf<"go">,
  folder: WorkFolder,
  context: Context,
): Promise<void> {
  const outputs = outputsOf(recipe);
  const out = await compile(name, { ...recipe, sources: outputs.map(([, source]) => source) }, folder, context);
  const built = await fs.readdir(out);
  for (const [tool, source] of outputs) {
    await fs.mkdir(path.join(folder.results, tool));
    const program = built.length === 1 && outputs.length === 1 ? (built[0] ?? tool) : programName(source);
    await fs.rename(path.join(out, program), path.join(folder.results, tool, tool));
  }
}

/** What `go build` is told. */
export interface Compilation {
  group: string;
  /** Packages, as Go names them. */
  sources: readonly string[];
  variables: Record<string, string>;
  tags: readonly string[];
}

/** Builds programs with the shared caches; gives the folder that has them, under the names that Go gives them. */
export async function compile(
  name: string,
  { group, sources, variables, tags }: Compilation,
  folder: WorkFolder,
  context: Context,
): Promise<string> {
  const out = path.join(folder.root, `out-${group}`);
  await fs.mkdir(out);
  const settings = Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`);
  await runCommand({
    recipeName: name,
    context,
    command: "go",
    args: [
      "build",
      "-mod=readonly",
      "-trimpath",
      "-buildvcs=false",
      `-tags=${tags.join(",")}`,
      // What a debugger would need is left out of the programs below, so the compiler need not work it out.
      "-gcflags=all=-dwarf=false",
      `-ldflags=${["-s -w", ...settings].join(" ")}`,
      `-o=${out}/`,
      ...sources,
    ],
    cwd: groupFolder(group),
    env: { ...goEnv(goCaches(context.cache), folder.root), ...compilerMemory() },
  });
  return out;
}

/** The folder of a module that a group requires, in the shared caches. */
export async function moduleFolder(
  name: string,
  group: string,
  module: string,
  folder: WorkFolder,
  context: Context,
): Promise<string> {
  const { stdout } = await runCommand({
    recipeName: name,
    context,
    command: "go",
    args: ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module],
    cwd: groupFolder(group),
    env: goEnv(goCaches(context.cache), folder.root),
  });
  return stdout.trim();
}

/** How Go names the program of a package: by the last part of its path that is no major version. */
function programName(source: string): string {
  const parts = source.split("/").filter((part) => !/^v\d+$/.test(part));
  return parts.at(-1) ?? source;
}

/** Copies folders of YAML files out of a Go module into `<results>/<tool>/`, without test data and kustomizations. */
export async function copyFromGoModule(
  name: string,
  recipe: RecipeOf<"go-files">,
  folder: WorkFolder,
  context: Context,
): Promise<void> {
  for (const [tool, source] of outputsOf(recipe)) {
    const version = `${recipe.module}@v${pinOf(tool).version}`;
    const output = await tryCommand({
      recipeName: name,
      context,
      command: "go",
      args: ["mod", "download", "-json", version],
      cwd: folder.root,
      env: goEnv(folder.root, folder.root),
    });
    const module = parseDownload(output.stdout);
    if (module.Dir === undefined) throw downloadError(name, module.Error ?? output.all);
    if (module.Sum !== recipe.sum) {
      throw new Error(`${version} is not what versions.json expects: its sum is ${module.Sum}, not ${recipe.sum}`);
    }
    const from = path.join(module.Dir, source);
    await fs.cp(from, path.join(folder.results, tool), {
      recursive: true,
      filter: async (file) => (await fs.stat(file)).isDirectory() || isPlainYaml(file, from),
    });
  }
}

/** What `go mod download -json` says about one module. */
function parseDownload(stdout: string): { Dir?: string; Sum?: string; Error?: string } {
  try {
    return JSON.parse(stdout) as { Dir?: string; Sum?: string; Error?: string };
  } catch {
    return {}; // no JSON: Go failed before it looked at the module, and the caller quotes what it said
  }
}
