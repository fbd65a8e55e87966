import * as path from "node:path";

import { writeAtomically } from "../../../kit/files";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { freePort } from "../process/ports";
import { findProcess, runningProcess, startProcess, stopProcess } from "../process/processes";
import { waitUntil } from "../process/waiting";
import type { Tools } from "../toolchain/ensure";

const processName = "prometheus";

/** A Prometheus that takes remote writes. */
export interface Prometheus {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** Where collectors write to. */
  writeUrl: string;
}

/** One series of an instant query. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
  /** Seconds since 1970. */
  time: number;
}

/** Starts Prometheus on loopback with nothing to scrape and its data under the sandbox; one that runs is kept. */
export async function startPrometheus(options: {
  paths?: SandboxPaths;
  tools: Pick<Tools, "prometheus">;
  log?: (text: string) => void;
}): Promise<Prometheus> {
  const paths = options.paths ?? sandboxPaths();
  const folder = path.join(paths.data, "prometheus");
  let record = await runningProcess(processName, paths);
  if (record === undefined) {
    const port = await freePort("prometheus", paths);
    const config = path.join(folder, "prometheus.yml");
    await writeAtomically(config, "global:\n  scrape_interval: 15s\nscrape_configs: []\n");
    options.log?.("starting Prometheus");
    record = await startProcess(
      {
        name: processName,
        command: options.tools.prometheus.path,
        args: [
          `--config.file=${config}`,
          `--storage.tsdb.path=${path.join(folder, "tsdb")}`,
          `--web.listen-address=127.0.0.1:${port}`,
          "--web.enable-remote-write-receiver",
        ],
        cwd: folder,
      },
      paths,
    );
  }
  const url = `http://${record.args.find((arg) => arg.startsWith("--web.listen-address="))?.split("=")[1] ?? ""}`;
  await waitUntil("Prometheus is ready", () => isReady(url), { timeoutMs: 90_000, record });
  return { url, writeUrl: `${url}/api/v1/write` };
}

/** Stops Prometheus; its data stays. */
export async function stopPrometheus(paths: SandboxPaths = sandboxPaths()): Promise<void> {
  const record = await findProcess(processName, paths);
  if (record !== undefined) await stopProcess(record, { graceMs: 10_000 }, paths);
}

/** An instant query, as of now: one entry a series, empty where nothing matches. */
export async function instantQuery(url: string, query: string): Promise<Sample[]> {
  const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`, {
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`Prometheus query ${query}: ${response.status} ${await response.text()}`);
  const answer = (await response.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, time: value[0], value: Number(value[1]) }));
}

async function isReady(url: string): Promise<boolean | string> {
  const { status } = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2_000) });
  return status === 200 || `ready ${status}`;
}
