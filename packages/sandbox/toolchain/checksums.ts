import * as path from "node:path";

import { FetchError, type Client } from "./download-client";
import { mirrored, type Release } from "./releases";

/** What a download has to hash to, and who says so. */
export interface Expected {
  sha256: string;
  /** `versions.json`, the file in its place, or the address of the list that the release brings. */
  saidBy: string;
}

/** A list of checksums is short; whatever is longer is something else. */
const longestList = 2_000_000;

/**
 * The pinned checksum of a release, or the one in its own list, which is asked for over TLS: that finds a download that
 * was damaged or swapped on its way, though not a release that was swapped with its list.
 *
 * @throws FetchError where neither is to be had: then nothing of it may be run
 */
export async function expectedChecksum(
  release: Release,
  client: Client,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Expected> {
  if (release.sha256 !== undefined) return { sha256: release.sha256, saidBy: env["ALLOY_RELEASES"] || "versions.json" };
  if (release.checksums === undefined) throw new FetchError(`nobody says what ${release.url} has to hash to`, false);
  const url = mirrored(release.checksums, env);
  const response = await client.get(url, { signal });
  const text = await response.text();
  const file = path.posix.basename(new URL(release.url).pathname);
  const found = text.length > longestList ? undefined : findChecksum(text, file);
  if (found === undefined) throw new FetchError(`${url} has no sha256 of ${file}`, false);
  return { sha256: found, saidBy: url };
}

/**
 * The sha256 of a file in a list as projects publish it: lines of `<hash>  <file>`, a lone hash, or what GitHub tells of
 * a release (assets with `name` and `digest`).
 */
export function findChecksum(text: string, file: string): string | undefined {
  if (text.trimStart().startsWith("{")) return findDigest(text, file);
  const lines = text.split("\n").map((line) => line.trim());
  const filled = lines.filter(Boolean);
  if (filled.length === 1 && /^[0-9a-f]{64}$/i.test(filled[0] ?? "")) return filled[0]?.toLowerCase();
  for (const line of filled) {
    const parts = /^([0-9a-f]{64})\s+\*?(?:\.\/)?(\S+)$/i.exec(line);
    if (parts?.[2] === file) return parts[1]?.toLowerCase();
  }
  return undefined;
}

function findDigest(text: string, file: string): string | undefined {
  let told: { assets?: { name?: string; digest?: string | null }[] };
  try {
    told = JSON.parse(text) as typeof told;
  } catch {
    return undefined; // cut off, or something else that begins with a brace: no checksum either way
  }
  const digest = told.assets?.find(({ name }) => name === file)?.digest;
  return /^sha256:([0-9a-f]{64})$/.exec(digest ?? "")?.[1];
}
