import * as fs from "node:fs/promises";
import * as path from "node:path";

import type { Problem } from "../../../kit/user-error";
import type { Context } from "./context";
import { askVersion, executablesOnPath } from "./find";
import { compareVersions, findVersion, formatVersion, type Version } from "./ranges";
import { groupFolder, outputsOf, pinOf, type Recipe, type RecipeOf } from "./recipes";
import { describe, downloadError, installHint, runCommand, tryCommand } from "./run";
import type { WorkFolder } from "./work-folder";

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * The problem to report where a Go that is new enough for the recipe is not on PATH; undefined where it is. The
 * toolchain that Go would download by itself is left out: a build should not depend on what `GOTOOLCHAIN` says.
 */
export async function findGoProblem(name: string, recipe: Recipe, context: Context): Promise<Problem | undefined> {
  const needed = recipe.from === "go" ? await goDirective(groupFolder(recipe.group)) : ([1, 21, 0] as const);
  const [go] = await executablesOnPath("go", context.env);
  const env = { ...context.env, ...goEnv(context.cache) };
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
 * files say; GOPROXY and GOPRIVATE stay theirs, since they say how modules are reached. The module and build caches lie
 * in the work folder: they fill gigabytes and go with it.
 */
function goEnv(root: string): NodeJS.ProcessEnv {
  return {
    CGO_ENABLED: "0",
    GO111MODULE: "on",
    GOARCH: architectures[process.arch] ?? process.arch,
    GOCACHE: path.join(root, "go-build"),
    GOEXPERIMENT: "",
    // modcacherw: else the module cache is read-only and could not be removed.
    GOFLAGS: "-modcacherw",
    GOMODCACHE: path.join(root, "go-mod"),
    GOOS: process.platform,
    GOPATH: path.join(root, "go-path"),
    // go.sum is complete and committed, so there is nothing to ask; some forks are in no checksum database.
    GOSUMDB: "off",
    GOTMPDIR: root,
    GOTOOLCHAIN: "local",
    GOWORK: "off",
  };
}

/** Builds the packages of a recipe into `<results>/<tool>/<tool>`. */
export async function buildWithGo(
  name: string,
  recipe: RecipeOf<"go">,
  folder: WorkFolder,
  context: Context,
): Promise<void> {
  const env = goEnv(folder.root);
  const out = path.join(folder.root, "out");
  await fs.mkdir(out);
  const cwd = groupFolder(recipe.group);
  const variables = Object.entries(recipe.variables).map(([variable, value]) => `-X ${variable}=${value}`);
  const outputs = outputsOf(recipe);
  const only = outputs.length === 1 ? outputs[0] : undefined;
  await runCommand({
    recipeName: name,
    context,
    command: "go",
    args: [
      "build",
      "-mod=readonly",
      "-trimpath",
      "-buildvcs=false",
      `-ldflags=${["-s -w", ...variables].join(" ")}`,
      // One program may be named by its package otherwise (etcd's is called "server").
      `-o=${only === undefined ? `${out}/` : path.join(out, only[0])}`,
      ...outputs.map(([, source]) => source),
    ],
    cwd,
    env,
  });
  for (const [tool] of outputs) {
    await fs.mkdir(path.join(folder.results, tool));
    await fs.rename(path.join(out, tool), path.join(folder.results, tool, tool));
  }
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
      env: goEnv(folder.root),
    });
    const module = parseDownload(output.stdout);
    if (module.Dir === undefined) throw downloadError(name, module.Error ?? output.all);
    if (module.Sum !== recipe.sum) {
      throw new Error(`${version} is not what versions.json expects: its sum is ${module.Sum}, not ${recipe.sum}`);
    }
    await fs.cp(path.join(module.Dir, source), path.join(folder.results, tool), {
      recursive: true,
      filter: async (from) => {
        const isFolder = (await fs.stat(from)).isDirectory();
        const name = path.basename(from);
        return isFolder ? name !== "testdata" : name.endsWith(".yaml") && name !== "kustomization.yaml";
      },
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
