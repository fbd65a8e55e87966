import * as net from "node:net";
import { Writable } from "node:stream";

import { UserError } from "../../kit/user-error";
import { httpPort } from "../../settings/names";
import type { StackContext } from "../stack-context";
import { collectorsInCluster } from "./find";

/** The web socket that carries one connection, as far as it is used here; the client's own type takes a package more. */
interface Tunnel {
  on(event: "close", listener: () => void): void;
  close(): void;
}

/** The collector that runs on a node; the first one by node if none is named. */
export async function podOn(
  { settings, cluster, file }: StackContext,
  node: string | undefined,
): Promise<{ name: string; node: string }> {
  const running = (await collectorsInCluster(cluster, settings)())
    .filter(({ phase }) => phase === "running")
    .map(({ pod, node }) => ({ name: pod, node }))
    .sort((a, b) => a.node.localeCompare(b.node));
  const pod = node === undefined ? running[0] : running.find((one) => one.node === node);
  if (pod !== undefined) return pod;
  throw UserError.of(
    file,
    "",
    node === undefined ? "no collector runs in its cluster" : `no collector runs on ${node}`,
    running.length === 0
      ? `look at: kubectl -n ${settings.namespace.name} get pods`
      : `name one of ${running.map((one) => one.node).join(", ")}`,
    "nothing is open",
  );
}

/**
 * Opens the pages of one collector on this machine, and this machine alone. The server keeps the process running.
 *
 * @returns what to open, for a person
 * @throws UserError if the port is taken
 */
export async function forwardPages(
  { cluster, settings }: StackContext,
  { name, node }: { name: string; node: string },
  port: number,
): Promise<string> {
  const { PortForward } = await import("@kubernetes/client-node");
  const forwarder = new PortForward(await cluster.kubeConfig());
  const namespace = settings.namespace.name;
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
