import * as http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { decodePush, type PushedStream } from "./push-request";

/** What the gate does with a push. */
export type GateMode =
  | { kind: "pass" }
  /** Answers this status without asking Loki. */
  | { kind: "status"; status: number }
  /** Loki gets it at once, the answer goes back only after the delay. */
  | { kind: "slow"; delayMs: number }
  /** As if nobody listened: every connection is reset. */
  | { kind: "down" };

/** How pushes went, since the gate was started. */
export interface GateCounts {
  /** Answers by status; 0 counts connections that were reset. */
  answers: Record<number, number>;
}

/** What a gate is started with. */
export interface GateOptions {
  /** 0 for one that is free; {@link PushGate.port} says which it is. */
  port: number;
  /** Loki's push URL. */
  upstream: string;
  /** Asked for where given: a push without it is answered with 401. */
  basicAuth?: { username: string; password: string };
  /** Called with what Loki has taken (2xx), whether or not the collector hears of it. */
  onTaken?: (streams: PushedStream[]) => void;
  /** Called beside it where the collector had hung up, or was cut off, before it heard that Loki has taken them. */
  onUnheard?: (streams: PushedStream[]) => void;
}

/**
 * A proxy in front of Loki's push endpoint that decodes what passes, so that lines sent twice can be counted (Loki hides
 * them), and that plays the faults of a backend.
 */
export class PushGate {
  private mode: GateMode = { kind: "pass" };
  private readonly nodeModes = new Map<string, GateMode>();
  private readonly answers: Record<number, number> = {};

  private constructor(
    private readonly server: http.Server,
    private readonly options: GateOptions,
  ) {
    server.on("connection", (socket) => {
      if (this.mode.kind === "down") socket.destroy();
    });
    server.on("request", (request, response) => {
      this.handle(request, response).catch(() => {
        // The collector hung up, or Loki is away: to the collector both look like a reset.
        this.count(0);
        request.socket.destroy();
      });
    });
  }

  /** Listens on 127.0.0.1. */
  static async start(options: GateOptions): Promise<PushGate> {
    const server = http.createServer();
    const gate = new PushGate(server, options);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: options.port }, resolve);
    });
    return gate;
  }

  /** From now on; for one node's streams only where `node` is given. */
  setMode(mode: GateMode, node?: string): void {
    if (node !== undefined) this.nodeModes.set(node, mode);
    else {
      this.mode = mode;
      this.nodeModes.clear();
    }
    if (mode.kind === "down" && node === undefined) this.server.closeAllConnections();
  }

  /** Where it listens. */
  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the gate is closed");
    return address.port;
  }

  counts(): GateCounts {
    return { answers: { ...this.answers } };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await readAll(request);
    const { basicAuth } = this.options;
    if (basicAuth !== undefined && !authorized(request.headers.authorization, basicAuth))
      return this.answer(response, 401, "no valid credentials");
    const streams = decodePush(body);
    const mode = this.modeFor(streams);
    if (mode.kind === "down") {
      this.count(0);
      request.socket.destroy();
      return;
    }
    if (mode.kind === "status") return this.answer(response, mode.status, `the gate plays ${mode.status}`);
    const { status, text } = await this.forward(request, body);
    if (status >= 200 && status < 300) this.options.onTaken?.(streams);
    if (mode.kind === "slow") await sleep(mode.delayMs);
    if (status >= 200 && status < 300 && request.socket.destroyed) this.options.onUnheard?.(streams);
    this.answer(response, status, text);
  }

  private modeFor(streams: readonly PushedStream[]): GateMode {
    for (const [node, mode] of this.nodeModes)
      if (streams.some(({ labels }) => labels.includes(`node="${node}"`))) return mode;
    return this.mode;
  }

  private async forward(request: http.IncomingMessage, body: Buffer): Promise<{ status: number; text: string }> {
    const headers: Record<string, string> = {};
    for (const name of ["content-type", "content-encoding", "x-scope-orgid"]) {
      const value = request.headers[name];
      if (typeof value === "string") headers[name] = value;
    }
    const answer = await fetch(this.options.upstream, { method: "POST", headers, body: new Uint8Array(body) });
    return { status: answer.status, text: await answer.text() };
  }

  private answer(response: http.ServerResponse, status: number, text: string): void {
    this.count(status);
    response.writeHead(status, { "content-type": "text/plain" });
    response.end(status === 204 ? undefined : text);
  }

  private count(status: number): void {
    this.answers[status] = (this.answers[status] ?? 0) + 1;
  }
}

function authorized(
  header: string | undefined,
  { username, password }: { username: string; password: string },
): boolean {
  return header === `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
