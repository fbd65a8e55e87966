import * as fs from "node:fs/promises";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { run } from "./command";
import { sandbox, type LiveObject } from "./sandbox";

interface KubeletNode extends LiveObject {
  status: { daemonEndpoints?: { kubeletEndpoint?: { Port?: number } } };
}

const nodeStatus = (node: string): string => `/api/v1/nodes/${node}/status`;

/**
 * Runs `work` while the kubelet of a node, to the API server, is one that serves no logs: it answers 405 to everything, as
 * with enableDebuggingHandlers: false.
 */
export async function withoutKubeletLogs(node: string, work: () => Promise<void>): Promise<void> {
  const { status } = await sandbox().get<KubeletNode>(`/api/v1/nodes/${node}`);
  const usual = status.daemonEndpoints?.kubeletEndpoint?.Port;
  if (usual === undefined) throw new Error(`${node} names no port of its kubelet`);
  const server = https.createServer(await certificate(), (_, response) => {
    response.writeHead(405);
    response.end("Debug endpoints are disabled.\n"); // the kubelet's own words (pkg/kubelet/server/server.go)
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await pointTo(node, (server.address() as AddressInfo).port);
    await work();
  } finally {
    await pointTo(node, usual);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function pointTo(node: string, port: number): Promise<void> {
  await sandbox().api.request("PATCH", nodeStatus(node), {
    type: "application/merge-patch+json",
    body: { status: { daemonEndpoints: { kubeletEndpoint: { Port: port } } } },
  });
}

/** One that nobody signs: the sandbox's API server, as most, does not verify kubelets. */
async function certificate(): Promise<{ key: string; cert: string }> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-kubelet-"));
  try {
    const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-days", "1", "-nodes", "-newkey", "ec", "-pkeyopt"];
    const { exitCode, output } = await run("openssl", [
      ...["req", "-x509", ...subject, "ec_paramgen_curve:prime256v1", "-keyout", key, "-out", cert],
    ]);
    if (exitCode !== 0) throw new Error(output);
    return { key: await fs.readFile(key, "utf8"), cert: await fs.readFile(cert, "utf8") };
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
