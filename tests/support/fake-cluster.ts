import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { KubeConfig } from "@kubernetes/client-node";

import { KubernetesClient } from "../../operations/cluster/kubernetes-client";

/** What a fake API server answers: a status and a body, which is JSON unless it is text. */
export type Answer = (
  method: string,
  url: URL,
  body: Record<string, unknown>,
  headers: http.IncomingHttpHeaders,
) => { status?: number; body?: unknown };

/** An API server that answers as a test says, and a client that asks it. */
export class FakeCluster {
  readonly client: KubernetesClient;

  private constructor(private readonly server: http.Server) {
    const config = new KubeConfig();
    const { port } = server.address() as AddressInfo;
    const cluster = { name: "fake", skipTLSVerify: true, server: `http://127.0.0.1:${port}` };
    config.loadFromClusterAndUser(cluster, { name: "nobody" });
    this.client = new KubernetesClient(() => config);
  }

  static async start(answer: Answer): Promise<FakeCluster> {
    const server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const text = Buffer.concat(parts).toString() || "{}";
        const url = new URL(request.url ?? "", "http://api.invalid");
        const { status = 200, body = {} } = answer(
          request.method ?? "",
          url,
          JSON.parse(text) as Record<string, unknown>,
          request.headers,
        );
        response.writeHead(status);
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FakeCluster(server);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
