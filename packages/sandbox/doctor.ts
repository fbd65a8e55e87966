import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { UserError, type Problem } from "../../kit/user-error";
import { readJson } from "../../kit/files";
import { lockHolder } from "./process/kernel-lock";
import { lockName } from "./start/lifecycle";
import { findIsolation } from "./node-agent/isolation";
import { cacheRoot, sandboxPaths, type SandboxPaths } from "./paths";
import { planPlugins, type InstalledPlugin } from "./stand-ins/install";
import { isFree, portTaken } from "./process/ports";
import { accessProblem, clockProblem, fullProblem } from "./start/preflight";
import { isRunning, listProcesses } from "./process/processes";
import { sandboxTools } from "./servers/servers";
import type { Context, Origin } from "./toolchain/context";
import { freeBytes } from "./toolchain/disk";
import { platformProblem } from "./start/platform";
import { costOf, planProblems, planTools, type Plan, type PlanCost } from "./toolchain/plan";
import { compareVersions, findVersion } from "./toolchain/ranges";
import type { Release } from "./toolchain/releases";
import { outputsOf, pinOf, type ToolName } from "./toolchain/recipes";

/** One tool: there, or how it will be got. */
export interface ToolReport {
  name: ToolName;
  version: string;
  /** `path` and `cache`: it is there. Otherwise what `npm start` will do. */
  from: Extract<Origin, "path" | "cache"> | "build" | "download";
  /** Where it is; undefined for one that is not there. */
  path: string | undefined;
}

/** Everything that `sandbox:doctor` tells. */
export interface DoctorReport {
  /** `npm start` can begin: nothing has to be mended first. */
  ready: boolean;
  machine: {
    platform: string;
    node: string;
    processors: number;
    memoryBytes: number;
    /** How collectors are boxed in; undefined where that cannot be tried before bubblewrap is there. */
    isolation: string | undefined;
  };
  places: { sandbox: string; sandboxFreeBytes: number; cache: string; cacheFreeBytes: number };
  tools: ToolReport[];
  /** Tools on PATH that are passed over, and why. */
  notes: string[];
  plugins: InstalledPlugin[];
  /** Servers of the sandbox that run, and the command that starts or stops it right now. */
  running: string[];
  busy: string | undefined;
  /** What the next `npm start` will take beside its own minute; all zero where every tool is there. */
  cost: PlanCost;
  /** The same where no site answers that releases are downloaded from; undefined where none is needed. */
  offline: { cost: PlanCost; problems: Problem[] } | undefined;
  /** What has to be mended, each with what to do. */
  problems: Problem[];
}

/** Looks at everything that `npm start` needs; changes nothing and reaches no network. */
export async function examine(
  paths: SandboxPaths = sandboxPaths(),
  env: NodeJS.ProcessEnv = process.env,
): Promise<DoctorReport> {
  const notes: string[] = [];
  const context: Context = {
    cache: cacheRoot(env),
    env,
    progress: (tool, text) => void notes.push(`${tool}: ${text}`),
    signal: new AbortController().signal,
    lockStaleMs: 30_000,
    freeBytes,
  };
  const { found, plan, releases, offline } = await planTools(sandboxTools, context);
  const bwrap = found.get("bwrap")?.path;
  const isolation = bwrap === undefined ? await guessIsolation() : await tryIsolation(bwrap);
  const plugins = await attempt(() => planPlugins(paths.bin, env));
  const records = await listProcesses(paths);
  const alive = await Promise.all(records.map(async (record) => ((await isRunning(record)) ? [record.name] : [])));
  const running = alive.flat();
  const holder = await lockHolder(await lockName(paths));
  const problems = [
    ...(await platformProblems()),
    await accessProblem(paths.root, env),
    await fullProblem(paths),
    await clockProblem(paths),
    ...(await planProblems(plan, releases, context)),
    isolation.problem,
    ...(plugins.problems ?? []),
    ...(running.length === 0 ? await portProblems(paths) : []),
  ].filter((problem) => problem !== undefined);
  return {
    ready: problems.length === 0,
    machine: {
      platform: `${process.platform} ${process.arch}`,
      node: process.versions.node,
      processors: os.cpus().length,
      memoryBytes: os.totalmem(),
      isolation: isolation.mode,
    },
    places: {
      sandbox: paths.root,
      sandboxFreeBytes: await freeBytes(paths.root),
      cache: context.cache,
      cacheFreeBytes: await freeBytes(context.cache),
    },
    tools: sandboxTools.map((name): ToolReport => {
      const tool = found.get(name);
      if (tool === undefined)
        return { name, version: pinOf(name).version, from: howToGet(name, releases, plan), path: undefined };
      return { name, version: tool.version, from: tool.origin === "path" ? "path" : "cache", path: tool.path };
    }),
    notes,
    plugins: plugins.value ?? [],
    running,
    busy: holder && `${holder.command} (process ${holder.pid}, since ${holder.since})`,
    cost: costOf(plan, releases),
    offline:
      releases.length === 0 ? undefined : { cost: costOf(offline), problems: await planProblems(offline, [], context) },
    problems,
  };
}

function howToGet(tool: ToolName, releases: readonly Release[], plan: Plan): "build" | "download" {
  if (releases.some(({ files }) => files[tool] !== undefined)) return "download";
  const recipe = plan.map(([, step]) => step).find((step) => outputsOf(step).some(([output]) => output === tool));
  return recipe?.from === "go" ? "build" : "download";
}

/** The node that package.json asks for, and the one operating system that the sandbox knows. */
async function platformProblems(): Promise<Problem[]> {
  const platform = platformProblem();
  const problems: Problem[] = platform === undefined ? [] : [platform];
  const manifest = await readJson<{ engines: { node: string } }>(path.join(repoRoot, "package.json"));
  const wanted = manifest?.engines.node ?? "";
  if (!nodeServes(process.versions.node, wanted)) {
    const problem = `is ${process.versions.node}, needed is ${wanted}`;
    problems.push({ file: "node", key: "", problem, remedy: "install one of these versions" });
  }
  return problems;
}

/** Whether a version of Node lies in `^20.19.0 || >=22.12.0`: the two forms that package.json uses. */
export function nodeServes(version: string, range: string): boolean {
  const is = findVersion(version);
  return range.split("||").some((part) => {
    const needed = findVersion(part);
    if (is === undefined || needed === undefined) return false;
    return compareVersions(is, needed) >= 0 && (!part.trim().startsWith("^") || is[0] === needed[0]);
  });
}

async function tryIsolation(bwrap: string): Promise<{ mode?: string; problem?: Problem }> {
  const tried = await attempt(() => findIsolation(bwrap));
  return { mode: tried.value?.mode, problem: tried.problems?.[0] };
}

/** Without bubblewrap only the kernel's switches can be read; they decide for who is not root. */
async function guessIsolation(): Promise<{ mode?: string; problem?: Problem }> {
  if (process.getuid?.() === 0) return {};
  const closed = [
    { file: "/proc/sys/user/max_user_namespaces", value: "0", remedy: "sysctl user.max_user_namespaces=10000" },
    {
      file: "/proc/sys/kernel/unprivileged_userns_clone",
      value: "0",
      remedy: "sysctl kernel.unprivileged_userns_clone=1",
    },
    {
      file: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
      value: "1",
      remedy: "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    },
  ];
  for (const { file, value, remedy } of closed) {
    const text = await fs.readFile(file, "utf8").catch(() => ""); // a kernel without this switch
    if (text.trim() !== value) continue;
    const problem = `${file} is ${value}: an ordinary user may make no user namespaces, and collectors cannot be boxed in`;
    return { problem: { file: "this machine", key: "", problem, remedy: `run as root, or: ${remedy}` } };
  }
  return {};
}

/** Kept ports that something else has while the sandbox is down. */
async function portProblems(paths: SandboxPaths): Promise<Problem[]> {
  const file = path.join(paths.root, "ports.json");
  const kept = (await readJson<Record<string, number>>(file)) ?? {};
  const taken = await Promise.all(
    Object.entries(kept).map(async ([name, port]) =>
      (await isFree(port)) ? [] : (await portTaken(name, port, file)).problems,
    ),
  );
  return taken.flat();
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value?: T; problems?: readonly Problem[] }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof UserError) return { problems: error.problems };
    throw error;
  }
}
