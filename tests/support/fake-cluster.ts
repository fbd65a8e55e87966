import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";

import type { KubeConfig } from "@kubernetes/client-node";

import { KubernetesClient } from "../../operations/cluster/kubernetes-client";

/** What a fake API server answers: a status and a body, which is JSON unless it is text. Undefined: it never answers. */
export type Answer = (
  method: string,
  url: URL,
  body: Record<string, unknown>,
  headers: http.IncomingHttpHeaders,
) => { status?: number; body?: unknown } | undefined;

/** An API server that answers as a test says, and a client that asks it. */
export class FakeCluster {
  readonly client: KubernetesClient;

  private constructor(
    private readonly server: http.Server,
    config: KubeConfig,
  ) {
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
        const given = answer(request.method ?? "", url, JSON.parse(text) as Record<string, unknown>, request.headers);
        if (given === undefined) return;
        const { status = 200, body = {} } = given;
        response.writeHead(status);
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A static import would be translated from an ES module by tsx, file by file, which takes two seconds.
    const { KubeConfig } = await import("@kubernetes/client-node");
    return new FakeCluster(server, new KubeConfig());
  }

  /** How many clients are connected. */
  async connections(): Promise<number> {
    return promisify(this.server.getConnections.bind(this.server))();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
