import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { z } from "zod";

import { UserError, type Problem } from "../../../kit/user-error";
import { toolName, type ToolName } from "./recipes";
import pins from "./versions.json";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const platform = z.strictObject({
  url: z.string(),
  /** Of the file that is downloaded. Without it the release's own checksum file is asked. */
  sha256: sha256.optional(),
  /** Exact size of that file, where it is known. */
  bytes: z.number().int().positive().optional(),
  /** What is taken out of it, by tool: a file, or a folder of YAML files. */
  files: z.record(z.string(), z.string()),
});

const release = z.strictObject({
  version: z.string(),
  /** Size of the download as it is usually, for whoever waits. */
  megabytes: z.number().positive(),
  /** The release's own list of checksums; `URL` in it stands for the address of the download. */
  checksums: z.string().optional(),
  /** Further parts of the archive that the programs need beside them: beginnings of paths. */
  keep: z.array(z.string()).default([]),
  /** By `<platform>-<architecture>` as Node names them; a platform that is missing has no download. */
  platforms: z.record(z.string(), platform),
});

const releases = z.record(z.string(), release);
const official = z.object({ downloads: releases, plugins: releases }).parse(pins);

/** A file that its makers have released, for this machine. */
export interface Release {
  /** What the cache calls it. Its lock and its folder have that name. */
  name: string;
  version: string;
  url: string;
  sha256: string | undefined;
  bytes: number | undefined;
  megabytes: number;
  checksums: string | undefined;
  /** Tool, or plugin, to the place in the archive. */
  files: Record<string, string>;
  keep: string[];
}

/** What decides how releases are got. */
interface ReleaseSettings {
  env: NodeJS.ProcessEnv;
  platform?: string;
}

/**
 * The releases that give tools, for this machine; none where `ALLOY_DOWNLOADS` is `off`. `ALLOY_RELEASES` names a JSON
 * file that takes the place of "downloads" in versions.json, for a site with builds of its own.
 */
export function toolReleases(settings: ReleaseSettings): Release[] {
  const own = settings.env["ALLOY_RELEASES"];
  const chosen = forMachine(own ? readOwn(own) : official.downloads, settings);
  const unknown = chosen.flatMap(({ files }) => Object.keys(files).filter((name) => !toolName.safeParse(name).success));
  if (unknown.length === 0) return chosen;
  const problem = (name: string): Problem => ({
    file: own ?? "versions.json",
    key: name,
    problem: "there is no such tool",
    remedy: `name one of: ${toolName.options.join(", ")}`,
  });
  throw new UserError(unknown.map(problem));
}

/** The official resource plugins, for this machine; none where `ALLOY_DOWNLOADS` is `off`. */
export function pluginReleases(settings: ReleaseSettings): Release[] {
  return forMachine(official.plugins, settings);
}

/** The release that gives a tool on this machine. */
export function releaseOf(tool: ToolName, settings: ReleaseSettings): Release | undefined {
  return toolReleases(settings).find(({ files }) => files[tool] !== undefined);
}

/**
 * Where an address is asked for: below `ALLOY_MIRROR`, if there is one, in a folder of the site's name, as in
 * `https://mirror.example/releases/github.com/grafana/loki/…`.
 */
export function mirrored(url: string, env: NodeJS.ProcessEnv): string {
  const mirror = env["ALLOY_MIRROR"];
  if (!mirror) return url;
  if (!URL.canParse(mirror) || !/^https?:$/.test(new URL(mirror).protocol)) {
    const remedy = "set it to an address such as https://mirror.example/releases, or unset it";
    throw UserError.of("ALLOY_MIRROR", "", `"${mirror}" is no address`, remedy);
  }
  const { host, pathname, search } = new URL(url);
  return `${mirror.replace(/\/+$/, "")}/${host}${pathname}${search}`;
}

/** A hash of everything that decides what a release gives: with another one it is downloaded again. */
export function pinHash({ version, url, sha256, checksums, files, keep }: Release): string {
  return createHash("sha256").update(JSON.stringify({ version, url, sha256, checksums, files, keep })).digest("hex");
}

function forMachine(all: z.infer<typeof releases>, settings: ReleaseSettings): Release[] {
  if (settings.env["ALLOY_DOWNLOADS"] === "off") return [];
  const machine = settings.platform ?? `${process.platform}-${process.arch}`;
  return Object.entries(all).flatMap(([name, { platforms, checksums, ...rest }]) => {
    const pinned = platforms[machine];
    if (pinned === undefined) return [];
    const { url, files, sha256, bytes } = pinned;
    return [{ name, ...rest, url, files, sha256, bytes, checksums: checksums?.replace(/^URL/, url) }];
  });
}

function readOwn(file: string): z.infer<typeof releases> {
  const remedy = 'write it as "downloads" in sandbox/toolchain/versions.json is written, or unset ALLOY_RELEASES';
  let text: unknown;
  try {
    text = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw UserError.of(file, "", `ALLOY_RELEASES cannot be read: ${(error as Error).message}`, remedy);
  }
  const parsed = releases.safeParse(text);
  if (parsed.success) return parsed.data;
  const problem = ({ path, message }: z.core.$ZodIssue): Problem => ({
    file,
    key: path.join("."),
    problem: message,
    remedy,
  });
  throw new UserError(parsed.error.issues.map(problem));
}
