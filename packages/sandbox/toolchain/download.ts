import type { Context } from "./context";
import { FetchError, openClient, type Client } from "./download-client";
import { DownloadProgress } from "./download-progress";
import { formatDuration } from "./durations";
import { mirrored, type Release } from "./releases";
import { obtainRelease, type CachedRelease } from "./released";

/** Everything together: whoever is offline waits this long once, and no longer. */
const offlineAfterMs = 2_500;
const atOnce = 4;
const reportEveryMs = 5_000;

/** Downloads whose sites answer, and a client to get them with. */
export interface Downloads {
  releases: Release[];
  client: Client;
}

/**
 * Asks all sites at once whether they answer, and leaves out what lies on one that does not; says so once.
 *
 * @returns undefined where nothing can be downloaded
 */
export async function reachable(
  releases: readonly Release[],
  otherwise: string,
  context: Context,
): Promise<Downloads | undefined> {
  if (releases.length === 0) return undefined;
  const client = await openClient(context.env);
  const url = (release: Release): string => mirrored(release.url, context.env);
  const silent = await client.unreachable(releases.map(url), offlineAfterMs, context.signal);
  if (silent.size > 0) {
    const reasons = [...new Set(silent.values())].join("; ");
    context.progress("downloads", `${[...silent.keys()].join(", ")} cannot be reached (${reasons}); ${otherwise}`);
  }
  const left = releases.filter((release) => !silent.has(new URL(url(release)).host));
  if (left.length > 0) return { releases: left, client };
  await client.close();
  return undefined;
}

/**
 * Downloads releases, four at a time, with one line that tells how far all of them are. What cannot be had (not there,
 * broken off again and again, not for this machine) is told and left out; what is not what it has to be is an error.
 *
 * @param check looks at an unpacked release; it throws FetchError where this machine cannot use it
 */
export async function downloadAll(
  { releases, client }: Downloads,
  context: Context,
  check: (release: Release, folder: string) => Promise<void>,
  use: (release: Release, cached: CachedRelease) => void,
): Promise<void> {
  const progress = new DownloadProgress(releases);
  const stop = new AbortController();
  const inner: Context = { ...context, signal: AbortSignal.any([context.signal, stop.signal]) };
  const get = async (release: Release): Promise<void> => {
    try {
      const cached = await obtainRelease(release, {
        client,
        context: inner,
        onBytes: (there, total) => progress.update(release.name, there, total),
        check: (folder) => check(release, folder),
      });
      const { sha256, saidBy } = cached.record;
      context.progress(release.name, `${release.version} downloaded; sha256 ${sha256.slice(0, 12)}… as ${saidBy} says`);
      use(release, cached);
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      context.progress(release.name, `could not be downloaded: ${error.message}`);
    } finally {
      progress.end(release.name);
    }
  };
  // The largest first, so that none is left alone at the end.
  const queue = [...releases].sort((a, b) => b.megabytes - a.megabytes);
  let failure: { error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let release = queue.shift(); release !== undefined && failure === undefined; release = queue.shift()) {
      try {
        await get(release);
      } catch (error) {
        failure ??= { error }; // a later one is only the echo of the stop
        stop.abort();
      }
    }
  };
  const startedAt = Date.now();
  context.progress("downloads", progress.text());
  const ticker = setInterval(() => context.progress("downloads", progress.text()), reportEveryMs);
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    clearInterval(ticker);
    await client.close();
  }
  if (failure !== undefined) throw failure.error;
  context.progress("downloads", `done in ${formatDuration(Date.now() - startedAt)}`);
}
