import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** A proxy in front of Prometheus' remote write that can refuse what comes. */
export class WriteGate {
  private refusal: number | undefined;

  private constructor(private readonly server: http.Server) {}

  /** Listens on a port of 127.0.0.1 that is free. */
  static async start(upstream: string): Promise<WriteGate> {
    const server = http.createServer((request, response) => {
      void gate.answer(request, response, upstream).catch(() => request.socket.destroy());
    });
    const gate = new WriteGate(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/v1/write`;
  }

  /** Answers with this status from now on; undefined lets everything pass. */
  refuseWith(status: number | undefined): void {
    this.refusal = status;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse, upstream: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.refusal !== undefined) {
      response.writeHead(this.refusal).end("the gate refuses");
      return;
    }
    const headers = Object.fromEntries(
      ["content-type", "content-encoding", "x-prometheus-remote-write-version"].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === "string" ? [[name, value]] : [];
      }),
    );
    const passed = await fetch(upstream, { method: "POST", headers, body: new Uint8Array(Buffer.concat(chunks)) });
    response.writeHead(passed.status).end(await passed.text());
  }
}
