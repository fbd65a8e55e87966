import * as http from "node:http";
import type { AddressInfo } from "node:net";

import type { KubernetesClient } from "../../operations/cluster/kubernetes-client";

/** What one client has asked for, and what it was sent. */
export interface Counted {
  requests: number;
  /** Bytes of lists and single objects. */
  answered: number;
  /** Bytes of watches. */
  watched: number;
}

/**
 * Stands between one client and the API server, and counts. Logs it answers itself, with a stream of one line that stays
 * open: the pods of a played node have none.
 */
export class CountingProxy {
  readonly counted: Counted = { requests: 0, answered: 0, watched: 0 };
  /** Paths of the logs that are read at the moment. */
  readonly followed = new Set<string>();

  private constructor(
    private readonly server: http.Server,
    private readonly cluster: KubernetesClient,
  ) {
    server.on("request", (request, response) => void this.answer(request, response));
  }

  static async start(cluster: KubernetesClient): Promise<CountingProxy> {
    const server = http.createServer();
    const proxy = new CountingProxy(server, cluster);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const path = request.url ?? "/";
    this.counted.requests++;
    const [bare = ""] = path.split("?");
    if (bare.endsWith("/log")) {
      response.writeHead(200, { "content-type": "text/plain" });
      response.write(`${new Date().toISOString()} the only line of ${bare}\n`);
      this.followed.add(bare);
      request.socket.once("close", () => this.followed.delete(bare));
      return;
    }
    const watch = /[?&]watch=(true|1)/.test(path);
    try {
      const upstream = await this.cluster.open(request.method ?? "GET", path);
      response.writeHead(upstream.statusCode ?? 502, { "content-type": upstream.headers["content-type"] ?? "" });
      response.flushHeaders();
      request.socket.once("close", () => upstream.destroy());
      upstream.on("error", () => response.destroy());
      upstream.on("data", (part: Buffer) => {
        this.counted[watch ? "watched" : "answered"] += part.length;
        response.write(part);
      });
      upstream.on("end", () => response.end());
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      response.writeHead(typeof code === "number" ? code : 502, { "content-type": "application/json" });
      response.end(JSON.stringify({ kind: "Status", status: "Failure", code, message: String(error) }));
    }
  }
}
