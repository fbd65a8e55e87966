import * as http from "node:http";
import type { AddressInfo } from "node:net";

import getPort from "get-port";
import { stringify } from "yaml";

import { ensureTools } from "../../../packages/sandbox/toolchain/ensure";
import { OwnServer } from "./own-server";

/** An alert as Loki's ruler posts it. Source: prometheus/alertmanager, api/v2/openapi.yaml, postableAlert */
export interface PostedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  /** In the past for an alert that has resolved. */
  endsAt: string;
}

/** Loki's ruler with the rules of one tenant, and whom it tells. */
export interface Ruler {
  /** Every alert that was posted, in the order in which it came. */
  alerts: PostedAlert[];
  log: () => string;
  stop: () => Promise<void>;
}

/**
 * Loki's own ruler as a process of its own, which has the sandbox's Loki evaluate the queries. It reads rules as the sidecar of
 * Loki's chart puts them: a folder for each tenant. A server of the test stands in Alertmanager's place.
 *
 * @param rules file by its path below the ruler's folder, such as `local/alloy.yaml`
 * @param lokiGrpcPort where the Loki listens that evaluates the queries
 */
export async function startRuler(rules: Record<string, string>, lokiGrpcPort: number): Promise<Ruler> {
  const { loki } = await ensureTools(["loki"], () => undefined);
  const alerts: PostedAlert[] = [];
  const receiver = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "POST" && request.url === "/api/v2/alerts")
        alerts.push(...(JSON.parse(Buffer.concat(chunks).toString()) as PostedAlert[]));
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const [httpPort, grpcPort] = [await getPort({ host: "127.0.0.1" }), await getPort({ host: "127.0.0.1" })];
  const ring = { kvstore: { store: "inmemory" }, instance_addr: "127.0.0.1" };
  const config = (folder: string): object => ({
    target: "ruler",
    auth_enabled: true,
    server: {
      ...{ http_listen_address: "127.0.0.1", http_listen_port: httpPort, log_level: "warn" },
      ...{ grpc_listen_address: "127.0.0.1", grpc_listen_port: grpcPort },
    },
    common: { instance_addr: "127.0.0.1", path_prefix: folder, ring, storage: { filesystem: {} } },
    schema_config: {
      configs: [
        {
          ...{ from: "2024-01-01", store: "tsdb", object_store: "filesystem", schema: "v13" },
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    ruler: {
      storage: { type: "local", local: { directory: `${folder}/rules` } },
      rule_path: `${folder}/scratch`,
      alertmanager_url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
      enable_alertmanager_v2: true,
      ...{ evaluation_interval: "2s", poll_interval: "2s", resend_delay: "1s" },
      evaluation: { mode: "remote", query_frontend: { address: `127.0.0.1:${lokiGrpcPort}` } },
      ring,
    },
    analytics: { reporting_enabled: false },
  });
  const stopReceiver = (): void => {
    receiver.closeAllConnections();
    receiver.close();
  };
  try {
    const server = await OwnServer.start({
      name: "loki-ruler",
      command: loki.path,
      args: (folder) => [`-config.file=${folder}/loki.yaml`],
      files: (folder) => ({
        "loki.yaml": stringify(config(folder)),
        ...Object.fromEntries(Object.entries(rules).map(([file, text]) => [`rules/${file}`, text])),
      }),
      readyUrl: `http://127.0.0.1:${httpPort}/ready`,
    });
    return {
      alerts,
      log: () => server.log,
      stop: async () => {
        stopReceiver();
        await server.stop();
      },
    };
  } catch (error) {
    stopReceiver();
    throw error;
  }
}
