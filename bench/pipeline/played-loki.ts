import * as http from "node:http";
import type { AddressInfo } from "node:net";

import { decodePush } from "../../packages/sandbox/servers/push-request";

/** Takes pushes as Loki does, counts their lines, and keeps what the first lines of each container were stored as. */
export class PlayedLoki {
  lines = 0;
  /** By the line's text: its labels and structured metadata, as one text that can be compared. */
  readonly stored = new Map<string, string>();

  private constructor(
    private readonly server: http.Server,
    private readonly keep: RegExp,
  ) {
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.take(Buffer.concat(chunks));
        response.writeHead(204);
        response.end();
      });
    });
  }

  /** Listens on 127.0.0.1; `keep` says of which lines it keeps how they were stored. */
  static async start(keep: RegExp): Promise<PlayedLoki> {
    const server = http.createServer();
    const loki = new PlayedLoki(server, keep);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    return loki;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/loki/api/v1/push`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private take(body: Buffer): void {
    for (const { labels, entries } of decodePush(body)) {
      this.lines += entries.length;
      for (const { line, metadata } of entries) {
        if (!this.keep.test(line)) continue;
        const beside = Object.entries(metadata)
          .map(([name, value]) => `${name}=${value}`)
          .sort()
          .join(",");
        this.stored.set(line, `${sortedLabels(labels)} ${beside}`);
      }
    }
  }
}

/** Loki's notation does not fix an order, so two pipelines may write the same stream in two ways. */
function sortedLabels(labels: string): string {
  return [...labels.matchAll(/[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"/g)]
    .map(([pair]) => pair)
    .sort()
    .join(",");
}
