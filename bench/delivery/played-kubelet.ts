import * as fsp from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { nodeNames } from "../../packages/sandbox/servers/cluster/nodes";
import type { KubeApi } from "../../packages/sandbox/servers/cluster/kube-api";
import { clusterPlace } from "../../packages/sandbox/servers/cluster/kwokctl";
import type { SandboxPaths } from "../../packages/sandbox/paths";

/** A container as a kubelet sees it: the log file of its present or last life, and whether it runs. */
export interface PlayedContainer {
  file: string;
  running: boolean;
}

const pollMs = 20;

/**
 * The log endpoint of a kubelet, for containers that end: kwok's streams go on for as long as their file is there, a
 * kubelet's end with the container. It serves the file of one life only, the present one or, while the container waits to
 * be started again, the last one.
 *
 * Source: kubernetes pkg/kubelet/kubelet_pods.go (validateContainerLogStatus), cri-client pkg/logs/logs.go
 */
export class PlayedKubelet {
  private readonly containers = new Map<string, PlayedContainer>();

  private constructor(
    private readonly server: https.Server,
    private readonly api: KubeApi,
    private readonly earlierPorts: readonly number[],
  ) {
    server.on("request", (request, response) => {
      this.handle(request, response).catch(() => response.destroy()); // the collector hung up
    });
  }

  /** Listens on 127.0.0.1 and becomes the kubelet of each node. */
  static async start(api: KubeApi, paths: SandboxPaths): Promise<PlayedKubelet> {
    const pki = path.join(clusterPlace(paths).home, "pki");
    // The API server does not verify kubelets here, as it does not in most clusters: any certificate serves.
    const [cert, key] = await Promise.all(["admin.crt", "admin.key"].map((name) => fsp.readFile(path.join(pki, name))));
    const server = https.createServer({ cert, key });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the played kubelet has no port");
    const before = await Promise.all(nodeNames.map((node) => kubeletPort(api, node)));
    const kubelet = new PlayedKubelet(server, api, before);
    await Promise.all(nodeNames.map((node) => setKubeletPort(api, node, address.port)));
    return kubelet;
  }

  /** From now on, what the log of a container is. */
  set(name: { namespace: string; pod: string; container: string }, container: PlayedContainer): void {
    this.containers.set(`/containerLogs/${name.namespace}/${name.pod}/${name.container}`, container);
  }

  /** Gives the nodes back to kwok. */
  async close(): Promise<void> {
    await Promise.all(nodeNames.map((node, at) => setKubeletPort(this.api, node, this.earlierPorts[at] ?? 0)));
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "https://kubelet.invalid");
    const container = this.containers.get(url.pathname);
    if (container === undefined) {
      response.writeHead(404).end("no such container");
      return;
    }
    response.writeHead(200, { "content-type": "text/plain" });
    response.flushHeaders();
    // The file of the life that there is now; a later life has another one.
    const { file } = container;
    const since = url.searchParams.get("sinceTime") ?? "";
    const follow = url.searchParams.get("follow") === "true";
    const handle = await fsp.open(file, "r");
    try {
      const left = { text: "" };
      while (!response.destroyed) {
        // Looked at before reading: what is written until the end of a life is then read.
        const over = !follow || !container.running || container.file !== file;
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(256 * 1024), 0, 256 * 1024, null);
        left.text += buffer.toString("utf8", 0, bytesRead);
        const end = left.text.lastIndexOf("\n") + 1;
        const served = servedLines(left.text.slice(0, end), since);
        left.text = left.text.slice(end);
        if (served !== "" && !response.write(served))
          await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
        if (bytesRead > 0) continue;
        if (over) break;
        await sleep(pollMs);
      }
      response.end();
    } finally {
      await handle.close();
    }
  }
}

/** Lines of a log file as a kubelet serves them with their times, without those before `since` (RFC 3339). */
export function servedLines(text: string, since: string): string {
  const from = since === "" ? "" : since.replace(/(\.\d+)?Z$/, "");
  return text
    .split("\n")
    .filter((line) => line !== "" && line.slice(0, from.length) >= from)
    .map((line) => {
      const [time = "", , , ...rest] = line.split(" ");
      return `${time} ${rest.join(" ")}\n`;
    })
    .join("");
}

const nodePath = (node: string): string => `/api/v1/nodes/${node}`;

async function kubeletPort(api: KubeApi, node: string): Promise<number> {
  const found = await api.request<{ status?: { daemonEndpoints?: { kubeletEndpoint?: { Port?: number } } } }>(
    "GET",
    nodePath(node),
  );
  const port = found.status?.daemonEndpoints?.kubeletEndpoint?.Port;
  if (port === undefined) throw new Error(`${node} has no kubelet port`);
  return port;
}

async function setKubeletPort(api: KubeApi, node: string, port: number): Promise<void> {
  await api.request("PATCH", `${nodePath(node)}/status`, {
    body: { status: { daemonEndpoints: { kubeletEndpoint: { Port: port } } } },
    type: "application/merge-patch+json",
  });
}
