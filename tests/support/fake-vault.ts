import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** What a stand-in for Vault's API answers to one request. */
export interface FakeAnswer {
  status?: number;
  body?: unknown;
}

/** One request that it has had. */
export interface FakeRequest {
  method: string;
  path: string;
  token: string | undefined;
  body: unknown;
}

/** A stand-in for Vault's HTTP API: `answer` decides, and each request is kept. */
export class FakeVault {
  readonly requests: FakeRequest[] = [];
  private constructor(
    private readonly server: http.Server,
    readonly address: string,
  ) {}

  static async start(answer: (request: FakeRequest) => FakeAnswer): Promise<FakeVault> {
    const server = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        const seen: FakeRequest = {
          method: request.method ?? "",
          path: (request.url ?? "").replace(/^\/v1\//, ""),
          token: request.headers["x-vault-token"]?.toString(),
          body: text === "" ? undefined : (JSON.parse(text) as unknown),
        };
        vault.requests.push(seen);
        const { status = 200, body } = answer(seen);
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(body === undefined ? "" : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const vault = new FakeVault(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return vault;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
