import * as path from "node:path";

import { stringify } from "yaml";

import { writeAtomically } from "../../../kit/files";
import { sandboxPaths, type SandboxPaths } from "../paths";
import { freePort } from "../process/ports";
import { findProcess, runningProcess, startProcess, stopProcess } from "../process/processes";
import { waitUntil } from "../process/waiting";
import type { Tools } from "../toolchain/ensure";

const processName = "loki";

/** A Loki that separates tenants by the header X-Scope-OrgID. */
export interface Loki {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** Where collectors push to. */
  pushUrl: string;
}

/** One stream of a log query: its labels, and its lines with their time in nanoseconds since 1970 (as text). */
export interface LogStream {
  labels: Record<string, string>;
  lines: { time: string; line: string }[];
}

/** Starts Loki as one process on loopback, data under the sandbox; one that runs already is kept. */
export async function startLoki(options: {
  paths?: SandboxPaths;
  tools: Pick<Tools, "loki">;
  log?: (text: string) => void;
  /** Changes the configuration of a Loki that is started anew. */
  adjust?: (config: Record<string, unknown>) => Record<string, unknown>;
}): Promise<Loki> {
  const paths = options.paths ?? sandboxPaths();
  const folder = path.join(paths.data, "loki");
  const configFile = path.join(folder, "loki.yaml");
  let record = await runningProcess(processName, paths);
  if (record === undefined) {
    const httpPort = await freePort("loki-http", paths);
    const grpcPort = await freePort("loki-grpc", paths);
    const config = lokiConfig({ httpPort, grpcPort, folder });
    await writeAtomically(configFile, stringify(options.adjust?.(config) ?? config));
    options.log?.("starting Loki");
    record = await startProcess(
      {
        name: processName,
        command: options.tools.loki.path,
        args: [`-config.file=${configFile}`, `-server.http-listen-port=${httpPort}`],
        cwd: folder,
      },
      paths,
    );
  }
  const port = record.args.find((arg) => arg.startsWith("-server.http-listen-port="))?.split("=")[1] ?? "";
  const url = `http://127.0.0.1:${port}`;
  await waitUntil("Loki is ready", () => isReady(url), { timeoutMs: 90_000, record });
  return { url, pushUrl: `${url}/loki/api/v1/push` };
}

/** Stops Loki; it flushes what it holds, and its data stays. */
export async function stopLoki(paths: SandboxPaths = sandboxPaths()): Promise<void> {
  const record = await findProcess(processName, paths);
  if (record !== undefined) await stopProcess(record, { graceMs: 30_000 }, paths);
}

/**
 * Loki's configuration: every ring in memory and on 127.0.0.1, so that no third port opens; TSDB with schema v13,
 * which structured metadata needs; no delay before the ingester counts as ready.
 */
export function lokiConfig(options: { httpPort: number; grpcPort: number; folder: string }): Record<string, unknown> {
  const loopback = "127.0.0.1";
  return {
    auth_enabled: true,
    server: {
      http_listen_address: loopback,
      http_listen_port: options.httpPort,
      grpc_listen_address: loopback,
      grpc_listen_port: options.grpcPort,
      log_level: "warn",
    },
    common: {
      instance_addr: loopback,
      path_prefix: options.folder,
      replication_factor: 1,
      ring: { instance_addr: loopback, kvstore: { store: "inmemory" } },
      storage: {
        filesystem: {
          chunks_directory: path.join(options.folder, "chunks"),
          rules_directory: path.join(options.folder, "rules"),
        },
      },
    },
    schema_config: {
      configs: [
        {
          from: "2024-01-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    ingester: { lifecycler: { min_ready_duration: "0s", final_sleep: "0s" } },
    // Straight to the frontend: through the scheduler's ring the querier connects only after ten seconds.
    frontend_worker: { frontend_address: `${loopback}:${options.grpcPort}` },
    // Queries of the last minutes are answered from the ingester; without the cache the proof sees each new line.
    query_range: { cache_results: false },
    analytics: { reporting_enabled: false },
    limits_config: {
      allow_structured_metadata: true,
      // A test writes in seconds what a node writes in hours.
      ingestion_rate_mb: 64,
      ingestion_burst_size_mb: 128,
      per_stream_rate_limit: "64MB",
      per_stream_rate_limit_burst: "128MB",
      max_entries_limit_per_query: 100_000,
    },
  };
}

/** A query over the last `sinceSeconds` (an hour by default), newest lines first, at most `limit` of them. */
export async function queryRange(
  loki: Pick<Loki, "url">,
  tenant: string,
  query: string,
  options: { sinceSeconds?: number; limit?: number } = {},
): Promise<LogStream[]> {
  const end = Date.now();
  const start = end - (options.sinceSeconds ?? 3600) * 1000;
  const answer = (await get(loki.url, tenant, "query_range", {
    query,
    start: nanoseconds(start),
    end: nanoseconds(end + 60_000),
    limit: String(options.limit ?? 100),
  })) as { data: { result: { stream: Record<string, string>; values: [string, string][] }[] } };
  return answer.data.result.map(({ stream, values }) => ({
    labels: stream,
    lines: values.map(([time, line]) => ({ time, line })),
  }));
}

/**
 * How many entries Loki holds for a selector, over the last `sinceSeconds` (an hour by default). It cannot show
 * doubles: Loki hides entries of the same stream, time and text.
 */
export async function countLines(
  loki: Pick<Loki, "url">,
  tenant: string,
  selector: string,
  options: { sinceSeconds?: number } = {},
): Promise<number> {
  const query = `sum(count_over_time(${selector}[${options.sinceSeconds ?? 3600}s]))`;
  const answer = (await get(loki.url, tenant, "query", { query, time: nanoseconds(Date.now()) })) as {
    data: { result: { value: [number, string] }[] };
  };
  return Number(answer.data.result[0]?.value[1] ?? 0);
}

/** How many entries Loki holds for a selector, by the values of a label, over the last `sinceSeconds`. */
export async function countBy(
  loki: Pick<Loki, "url">,
  tenant: string,
  label: string,
  selector: string,
  options: { sinceSeconds: number },
): Promise<Map<string, number>> {
  const query = `sum by (${label}) (count_over_time(${selector}[${Math.max(1, options.sinceSeconds)}s]))`;
  const answer = (await get(loki.url, tenant, "query", { query, time: nanoseconds(Date.now()) })) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return new Map(answer.data.result.map(({ metric, value }) => [metric[label] ?? "", Number(value[1])]));
}

/** The stream labels, one entry a stream, of the last `sinceSeconds` (an hour by default). */
export async function labelsOf(
  loki: Pick<Loki, "url">,
  tenant: string,
  selector: string,
  options: { sinceSeconds?: number } = {},
): Promise<Record<string, string>[]> {
  const start = Date.now() - (options.sinceSeconds ?? 3600) * 1000;
  const answer = (await get(loki.url, tenant, "series", {
    "match[]": selector,
    start: nanoseconds(start),
    end: nanoseconds(Date.now() + 60_000),
  })) as { data: Record<string, string>[] };
  return answer.data;
}

/** The newest line that a query finds, with the labels (structured metadata among them) that Loki shows beside it. */
export async function sampleLine(
  loki: Pick<Loki, "url">,
  tenant: string,
  query: string,
): Promise<{ labels: Record<string, string>; time: string; line: string } | undefined> {
  const stream = (await queryRange(loki, tenant, query, { limit: 1 }))[0];
  const line = stream?.lines[0];
  return stream === undefined || line === undefined ? undefined : { labels: stream.labels, ...line };
}

async function get(url: string, tenant: string, what: string, parameters: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${url}/loki/api/v1/${what}?${new URLSearchParams(parameters).toString()}`, {
    headers: { "X-Scope-OrgID": tenant },
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Loki ${what} ${parameters["query"] ?? ""}: ${response.status} ${text.trim()}`);
  return JSON.parse(text) as unknown;
}

function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds)}000000`;
}

async function isReady(url: string): Promise<boolean | string> {
  const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) });
  return response.status === 200 || (await response.text()).trim();
}
