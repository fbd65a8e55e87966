import * as net from "node:net";
import { Writable } from "node:stream";

import { PortForward, type KubeConfig } from "@kubernetes/client-node";

import { UserError } from "../../kit/user-error";
import { stackFile } from "../../settings/parse-settings";
import { httpPort, selectorLabels } from "../../settings/names";
import type { Settings } from "../../settings/schema";
import { kubeRequest, type KubeObject } from "../cluster/kubernetes-client";

/** The web socket that carries one connection, as far as it is used here; the client's own type takes a package more. */
interface Tunnel {
  on(event: "close", listener: () => void): void;
  close(): void;
}

interface PodFields {
  spec: { nodeName?: string };
  status?: { phase?: string };
}

/** The collector that runs on a node; the first one by node if none is named. */
export async function podOn(
  config: KubeConfig,
  settings: Settings,
  stack: string,
  node: string | undefined,
): Promise<{ name: string; node: string }> {
  const selector = encodeURIComponent(
    Object.entries(selectorLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
  );
  const { items } = await kubeRequest<{ items: (KubeObject & PodFields)[] }>(
    config,
    "GET",
    `/api/v1/namespaces/${settings.namespace.name}/pods?labelSelector=${selector}`,
  );
  const running = items
    .filter(({ status }) => status?.phase === "Running")
    .map(({ metadata, spec }) => ({ name: metadata.name, node: spec.nodeName ?? "" }))
    .sort((a, b) => a.node.localeCompare(b.node));
  const pod = node === undefined ? running[0] : running.find((one) => one.node === node);
  if (pod !== undefined) return pod;
  throw UserError.of(
    stackFile(stack),
    "",
    node === undefined ? "no collector runs in its cluster" : `no collector runs on ${node}`,
    running.length === 0
      ? `look at: kubectl -n ${settings.namespace.name} get pods`
      : `name one of ${running.map((one) => one.node).join(", ")}`,
    "nothing is open",
  );
}

/**
 * Opens the pages of one collector on this machine. The server keeps the process running.
 *
 * @returns what to open, for a person
 * @throws UserError if the port is taken
 */
export async function forward(
  config: KubeConfig,
  namespace: string,
  { name, node }: { name: string; node: string },
  port: number,
): Promise<string> {
  const forwarder = new PortForward(config);
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy()); // the browser has gone
    const complain = (text: string): void => console.error(`${name}: ${text}`);
    // What the kubelet says of a connection that it cannot make; an end of the other side that nobody hears of would
    // leave the browser waiting.
    const problems = new Writable({
      write(chunk: Buffer, _, done) {
        if (chunk.length > 0) complain(chunk.toString("utf8"));
        done();
      },
    });
    const opened = forwarder.portForward(namespace, name, [httpPort], socket, problems, socket) as Promise<Tunnel>;
    opened.then(
      (tunnel) => {
        tunnel.on("close", () => socket.end());
        socket.on("close", () => tunnel.close());
      },
      (error: unknown) => {
        complain(error instanceof Error ? error.message : String(error));
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? UserError.of("--port", String(port), "is taken on this machine", "name another one", "nothing is open")
          : error,
      ),
    );
    // Alloy's pages have no password: this machine only.
    server.listen(port, "127.0.0.1", resolve);
  });
  return `${name} on ${node}: http://127.0.0.1:${port} (Ctrl-C ends it)`;
}
