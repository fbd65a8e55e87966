import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import getPort from "get-port";

import { waitUntil } from "../../packages/sandbox/process/waiting";
import { PlayedApiServer, type PlayedLoad } from "./played-api-server";
import { PlayedLoki } from "./played-loki";

/** What one run of one arrangement cost. */
export interface Cost {
  /** Microseconds of processor time for each line that Loki took. */
  microsecondsALine: number;
  /** The most memory that the process held, in MiB. */
  peakMiB: number;
  lines: number;
  /** How the first lines of each container were stored, by their text. */
  stored: ReadonlyMap<string, string>;
}

/** How long a run lasts, in ms. */
export interface Timing {
  /** Until the process has settled; nothing of this is counted. */
  warmUpMs: number;
  measuredMs: number;
}

const hertz = 100; // USER_HZ: what /proc counts in, on every Linux

/**
 * Runs Alloy with a pipeline against a played API server and a played Loki, and measures Alloy's own processor time, so
 * that what else the machine does hardly matters.
 *
 * @param textFor makes the text, given the two addresses
 * @throws Error if a container is not read, if Alloy ends, or if no line arrives
 */
export async function measure(
  alloy: string,
  textFor: (apiServer: string, lokiUrl: string) => string,
  load: PlayedLoad,
  { warmUpMs, measuredMs }: Timing,
): Promise<Cost> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-cost-"));
  const api = await PlayedApiServer.start(load);
  const loki = await PlayedLoki.start(/ line=\d level/);
  try {
    const file = path.join(folder, "config.alloy");
    await fs.writeFile(file, textFor(api.url, loki.url));
    const { execa } = await import("execa"); // an ES module
    const end = new AbortController();
    const process = execa(
      alloy,
      [
        "run",
        file,
        `--storage.path=${path.join(folder, "storage")}`,
        `--server.http.listen-addr=127.0.0.1:${await getPort()}`,
        "--disable-reporting",
      ],
      {
        env: { CLUSTER_NAME: "bench", NODE_NAME: "bench-node", LOKI_TENANT: "bench" },
        cancelSignal: end.signal,
        reject: false,
        stdin: "ignore",
        stdout: "ignore",
        stderr: { file: path.join(folder, "log") },
        forceKillAfterDelay: 20_000,
      },
    );
    try {
      const pid = process.pid;
      if (pid === undefined) throw new Error(`${alloy} could not be started`);
      await waitUntil(
        "every container is read",
        async () => {
          if (process.exitCode !== null && process.exitCode !== undefined)
            throw new Error(`Alloy ended: ${(await fs.readFile(path.join(folder, "log"), "utf8")).slice(-2000)}`);
          return api.followed === load.containers || `${api.followed} of ${load.containers} are`;
        },
        { timeoutMs: 90_000, intervalMs: 200 },
      );
      api.begin();
      await sleep(warmUpMs);
      const before = { lines: loki.lines, ticks: await processorTicks(pid) };
      await sleep(measuredMs);
      const lines = loki.lines - before.lines;
      const ticks = (await processorTicks(pid)) - before.ticks;
      if (lines === 0)
        throw new Error(`no line arrived: ${(await fs.readFile(path.join(folder, "log"), "utf8")).slice(-2000)}`);
      return {
        microsecondsALine: (ticks * 1_000_000) / hertz / lines,
        peakMiB: await peakMemory(pid),
        lines,
        stored: loki.stored,
      };
    } finally {
      end.abort();
      await process;
    }
  } finally {
    await api.close();
    await loki.close();
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** User and system time, as /proc counts it: fields 14 and 15 of proc(5), counted behind the command's name. */
async function processorTicks(pid: number): Promise<number> {
  const text = await fs.readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** The most memory that a process has held, in MiB. */
export async function peakMemory(pid: number): Promise<number> {
  const text = await fs.readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024;
}
