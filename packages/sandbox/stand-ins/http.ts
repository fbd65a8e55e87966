import * as http from "node:http";
import * as https from "node:https";

export interface HttpRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: string;
  /** Certificates and the agent that keeps connections open. */
  options?: https.RequestOptions;
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface HttpResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** One request. Rejects with Node's own error (`ECONNREFUSED`, …) or with `ETIMEDOUT` when no whole answer came. */
export function send(request: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const transport = url.protocol === "http:" ? http : https;
    const body = request.body === undefined ? undefined : Buffer.from(request.body);
    const headers = { ...request.headers, ...(body === undefined ? {} : { "Content-Length": String(body.length) }) };
    const outgoing = transport.request(
      url,
      { ...request.options, method: request.method, headers, signal: request.signal },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", fail);
        incoming.on("end", () => {
          clearTimeout(timer);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          });
        });
      },
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(() => {
      outgoing.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" }));
    }, request.timeoutMs);
    outgoing.on("error", fail);
    outgoing.end(body);
  });
}

/** Waits, and rejects at once when the signal says so. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancelled = (): void => {
      clearTimeout(timer);
      reject(new Error("the operation was cancelled"));
    };
    if (signal?.aborted) {
      reject(new Error("the operation was cancelled"));
      return;
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", cancelled);
      resolve();
    }, ms);
    signal?.addEventListener("abort", cancelled, { once: true });
  });
}
