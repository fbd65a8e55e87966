import type { Settings } from "../../settings/schema";
import { formatDuration, parseDuration } from "../../kit/units";
import type { LoggingContainer } from "../collectors/collected-containers";
import { KubeError, type KubernetesClient } from "../cluster/kubernetes-client";

/** How much the collectors read again, as far as it was counted. */
export interface ReadAgainSize {
  containers: number;
  lines: number;
  /** Of the lines alone, as Loki stores them. */
  bytes: number;
  /** Containers whose logs could not be read, or not in time; a container that has none yet has no line. */
  uncounted: number;
  /** Why the last one of those was not. */
  trouble: string;
  /** What is older than this is left out. */
  window: string;
  /** The kubelet keeps no larger log file of one container: the bound for what was not counted. */
  largestLog: string;
}

const atOnce = 8;
const patienceMs = 60_000;

/**
 * Reads what the collectors will read, and counts it: the kubelet's current log file of each container, without what is
 * older than `wal.lokiWindow`. It ends after a minute: of what is left only the bound is known.
 */
export async function measureLinesReadAgain(
  cluster: KubernetesClient,
  containers: readonly LoggingContainer[],
  { wal }: Pick<Settings, "wal">,
  patience = patienceMs,
): Promise<ReadAgainSize> {
  const now = Date.now();
  const since = new Date(now - (parseDuration(wal.lokiWindow) ?? 0)).toISOString();
  const size = { containers: containers.length, lines: 0, bytes: 0, uncounted: 0, trouble: "" };
  const left = [...containers];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      try {
        const { lines, bytes } = await countLog(cluster, next, since, now + patience);
        size.lines += lines;
        size.bytes += bytes;
      } catch (error) {
        size.uncounted += 1;
        size.trouble = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { ...size, window: formatDuration(parseDuration(wal.lokiWindow) ?? 0), largestLog: wal.kubeletLogSize };
}

/** Throws where the log may not be read, or not until then. */
async function countLog(
  cluster: KubernetesClient,
  { namespace, pod, container }: LoggingContainer,
  since: string,
  until: number,
): Promise<{ lines: number; bytes: number }> {
  const query = new URLSearchParams({ container, sinceTime: since });
  let [lines, bytes] = [0, 0];
  const checkTime = (): void => {
    if (Date.now() > until) throw new Error("there was no more time");
  };
  checkTime();
  try {
    const log = await cluster.open("GET", `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query.toString()}`);
    for await (const chunk of log as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 0x0a) lines += 1;
      bytes += chunk.length;
      checkTime();
    }
  } catch (error) {
    // 400 is a container that has not begun, 404 a pod that ended since the list was made: neither has a line.
    if (!(error instanceof KubeError) || (error.code !== 400 && error.code !== 404)) throw error;
  }
  return { lines, bytes: bytes - lines };
}

/** What is read again, in words; pure. */
export function linesReadAgainText(size: ReadAgainSize): string {
  const { containers, lines, bytes, uncounted, trouble, window, largestLog } = size;
  const counted = `${lines} lines, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const rest =
    uncounted === 0 ? "" : `; ${uncounted} of them were not counted, at most ${largestLog} each (${trouble})`;
  return (
    `${containers} containers are read again from the first line that the kubelet still has: ${counted} at this moment${rest}. ` +
    `What they write until the new collector of their node begins comes on top, up to ${largestLog} a container in all; what is older than ${window} is left out`
  );
}
