import type { ToolName } from "./recipes";

/** Who made a tool: `path` is the user's own, `download` what its makers released, `built` compiled on this machine. */
export type Source = "path" | "download" | "built" | "pypi" | "debian";

/** Where a tool came from in this run. A finished tool of an earlier run comes from the `cache`. */
export type Origin = Source | "cache";

/** A tool that can be used now. */
export interface Tool {
  name: ToolName;
  /** Absolute path of the executable, or of the folder of YAML files. */
  path: string;
  version: string;
  origin: Origin;
  /** The same as `origin`, but for a tool from the cache, which tells here how it came there. */
  source: Source;
}

/** The tools that were asked for, by name; asking for one that was not asked for gives undefined at run time. */
export type Tools = Record<ToolName, Tool>;

/** Told what goes on. `tool` is a tool, or the recipe that gives several at once (cluster, prometheus). */
export type Progress = (tool: string, text: string) => void;

/** What every step of one call shares. */
export interface Context {
  /** The cache's root folder. */
  cache: string;
  env: NodeJS.ProcessEnv;
  progress: Progress;
  /** Fires when another step of the same call has failed, or the caller wants to stop. */
  signal: AbortSignal;
  /** A lock that was not renewed for so long belonged to a process that died, in milliseconds. */
  lockStaleMs: number;
  /** Bytes that are free for an ordinary user on the disk that holds a folder. */
  freeBytes: (folder: string) => Promise<number>;
}
