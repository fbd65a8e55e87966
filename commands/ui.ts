import * as net from "node:net";
import * as path from "node:path";
import { Writable } from "node:stream";

import { PortForward, type KubeConfig } from "@kubernetes/client-node";

import { UserError } from "../kit/user-error";
import { stackFile } from "../settings/parse-settings";
import { httpPort, selectorLabels } from "../settings/names";
import type { Settings } from "../settings/schema";
import { runCommand } from "./command";
import { checkStack } from "../operations/engine/run";
import { kubeConfigFor } from "../operations/cluster/kube-config";
import { kubeRequest, type KubeObject } from "../operations/cluster/kubernetes-client";
import { engineFor } from "../operations/stack-context";

/**
 * `npm run ui -- STACK [NODE] [--port PORT]`: Alloy's own pages of one collector on http://127.0.0.1:PORT, until Ctrl-C.
 * Without NODE it is the first node by name.
 */
runCommand(
  "ui",
  ["STACK", "[NODE]"],
  async ({ positionals: [stack = "", node], values }) => {
    const engine = await engineFor(stack);
    const settings =
      engine.configFile === undefined ? checkStack(stack) : checkStack(stack, path.dirname(engine.configFile));
    const config = kubeConfigFor(settings, engine.env);
    const pod = await podOn(config, settings, stack, node);
    await forward(config, settings.namespace.name, pod, Number(values["port"] ?? httpPort));
  },
  { port: { type: "string", value: "PORT" } },
);

/** The web socket that carries one connection, as far as it is used here; the client's own type takes a package more. */
interface Tunnel {
  on(event: "close", listener: () => void): void;
  close(): void;
}

interface PodFields {
  spec: { nodeName?: string };
  status?: { phase?: string };
}

async function podOn(
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

async function forward(
  config: KubeConfig,
  namespace: string,
  { name, node }: { name: string; node: string },
  port: number,
): Promise<void> {
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
  console.log(`${name} on ${node}: http://127.0.0.1:${port} (Ctrl-C ends it)`);
}
