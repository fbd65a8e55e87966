import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** What the played cluster holds: one node whose containers all write at the same pace. */
export interface PlayedLoad {
  containers: number;
  /** Of all containers together. */
  linesPerSecond: number;
  /** Length of a line, without its line break. */
  lineBytes: number;
}

const tickMs = 50;
const nodeName = "bench-node";

/**
 * An API server as far as `discovery.kubernetes` and `loki.source.kubernetes` ask one: it lists the pods of one node and
 * follows their logs, and writes as many lines as the load says. It listens on 127.0.0.1 and asks nobody who he is.
 */
export class PlayedApiServer {
  private readonly followers = new Map<number, http.ServerResponse>();
  private readonly written = new Map<number, number>();
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly server: http.Server,
    private readonly load: PlayedLoad,
  ) {
    server.on("request", (request, response) => this.answer(request, response));
  }

  static async start(load: PlayedLoad): Promise<PlayedApiServer> {
    const server = http.createServer();
    const played = new PlayedApiServer(server, load);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    return played;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many containers are read at the moment. */
  get followed(): number {
    return this.followers.size;
  }

  /** Begins to write; only what is followed is written to, so nothing piles up before a collector reads. */
  begin(): void {
    let last = performance.now();
    let owed = 0;
    this.timer = setInterval(() => {
      const now = performance.now();
      owed += ((now - last) * this.load.linesPerSecond) / 1000;
      last = now;
      const each = Math.floor(owed / this.load.containers);
      owed -= each * this.load.containers;
      for (const [container, response] of this.followers) response.write(this.lines(container, each));
    }, tickMs);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The next lines of a container; they differ, as do their times, and every run writes the same texts. */
  private lines(container: number, count: number): string {
    let text = "";
    let number = this.written.get(container) ?? 0;
    const begin = Date.now() * 1_000_000;
    for (let at = 0; at < count; at++) {
      const time = new Date(begin / 1_000_000).toISOString().slice(0, 19);
      const fraction = String((begin % 1_000_000_000) + at * 1000).padStart(9, "0");
      text += `${time}.${fraction}Z ${lineOf(container, number++, this.load.lineBytes)}\n`;
    }
    this.written.set(container, number);
    return text;
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? "/", "http://played");
    const pod = /^\/api\/v1\/namespaces\/shop\/pods\/cart-(\d+)(\/log)?$/.exec(url.pathname);
    if (pod !== null) {
      const container = Number(pod[1]);
      if (pod[2] === undefined) return json(response, podObject(container));
      response.writeHead(200, { "content-type": "text/plain" });
      response.flushHeaders();
      this.followers.set(container, response);
      request.socket.once("close", () => this.followers.delete(container));
      return;
    }
    if (url.pathname === "/version") return json(response, { major: "1", minor: "37", gitVersion: "v1.37.0" });
    if (url.pathname !== "/api/v1/pods") return json(response, { kind: "Status", code: 404, status: "Failure" }, 404);
    // A client that would rather be sent the list by the watch is told that this server is too old for that.
    if (url.searchParams.has("sendInitialEvents"))
      return json(response, { kind: "Status", code: 400, status: "Failure" }, 400);
    if (url.searchParams.has("watch")) {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders(); // nothing changes in this cluster
      return;
    }
    json(response, {
      kind: "PodList",
      apiVersion: "v1",
      metadata: { resourceVersion: "1" },
      items: Array.from({ length: this.load.containers }, (_unused, at) => podObject(at)),
    });
  }
}

/** A line that begins with its container and number and is filled with words. */
export function lineOf(container: number, number: number, bytes: number): string {
  const head = `container=${container} line=${number} level=info msg="`;
  return `${head}${"the order was taken and is on its way ".repeat(Math.ceil(bytes / 38))}`.slice(0, bytes - 1) + '"';
}

function podObject(container: number): unknown {
  const name = `cart-${container}`;
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      namespace: "shop",
      uid: `00000000-0000-4000-8000-${String(container).padStart(12, "0")}`,
      labels: { "app.kubernetes.io/name": "cart", "app.kubernetes.io/component": "web" },
      resourceVersion: "1",
    },
    spec: { nodeName, containers: [{ name: "main", image: "cart:1" }] },
    status: {
      phase: "Running",
      podIP: "127.0.0.1",
      hostIP: "127.0.0.1",
      podIPs: [{ ip: "127.0.0.1" }],
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        { name: "main", ready: true, restartCount: 0, containerID: "containerd://main", state: { running: {} } },
      ],
    },
  };
}

function json(response: http.ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
