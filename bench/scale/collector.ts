import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import getPort from "get-port";

import { UserError } from "../../kit/user-error";
import { KubernetesClient } from "../../operations/cluster/kubernetes-client";
import { sandboxPaths } from "../../packages/sandbox/paths";
import { waitUntil } from "../../packages/sandbox/process/waiting";
import { loadEngine } from "../../packages/sandbox/start/lifecycle";
import { composePipeline } from "../../pipeline/compose";
import { parseSettings } from "../../settings/parse-settings";
import { PlayedLoki } from "../pipeline/played-loki";
import { wired } from "../pipeline/wired";
import { CountingProxy } from "./counting-proxy";
import { measuredNode } from "./fleet";

/** An Alloy with our pipeline that reads every container of its node. */
export interface RunningCollector {
  pid: number;
  proxy: CountingProxy;
  /** Of its own HTTP server. */
  url: string;
  storage: string;
  /** Until every container of its node was read. */
  secondsToRead: number;
}

/** The cluster of the sandbox that runs. */
export async function sandboxCluster(): Promise<KubernetesClient> {
  const kubeconfig = (await loadEngine(sandboxPaths()))?.env["KUBECONFIG"];
  if (kubeconfig === undefined)
    throw UserError.cannotTell("the sandbox", "", "does not run with a cluster of its own", "start it: npm start");
  return KubernetesClient.forStack({ kubernetes: undefined }, { KUBECONFIG: kubeconfig });
}

/**
 * Runs one Alloy for the measured node as long as an act takes, and removes what it has written.
 *
 * @throws Error if not every container of the node is read within three minutes
 */
export async function withCollector<T>(
  alloy: string,
  cluster: KubernetesClient,
  pods: number,
  act: (collector: RunningCollector) => Promise<T>,
): Promise<T> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-scale-"));
  const proxy = await CountingProxy.start(cluster);
  const loki = await PlayedLoki.start(/ /);
  const end = new AbortController();
  try {
    const file = path.join(folder, "config.alloy");
    const storage = path.join(folder, "storage");
    await fs.writeFile(file, wired(pipelineText(), proxy.url, loki.url));
    const { execa } = await import("execa"); // a static import of it fails under tsx
    const address = `127.0.0.1:${await getPort()}`;
    const began = performance.now();
    const running = execa(
      alloy,
      ["run", file, `--storage.path=${storage}`, `--server.http.listen-addr=${address}`, "--disable-reporting"],
      {
        env: { CLUSTER_NAME: "bench", NODE_NAME: measuredNode, LOKI_TENANT: "bench" },
        ...{ cancelSignal: end.signal, reject: false, stdin: "ignore", stdout: "ignore", stderr: "ignore" },
      },
    );
    try {
      const { pid } = running;
      if (pid === undefined) throw new Error(`${alloy} could not be started`);
      await waitUntil(
        "every container of the node is read",
        async () => Promise.resolve(proxy.followed.size === pods || `${proxy.followed.size} of ${pods} are`),
        { timeoutMs: 180_000, intervalMs: 100 },
      );
      const secondsToRead = (performance.now() - began) / 1000;
      return await act({ pid, proxy, url: `http://${address}`, storage, secondsToRead });
    } finally {
      end.abort();
      await running;
    }
  } finally {
    await proxy.close();
    await loki.close();
    await fs.rm(folder, { recursive: true, force: true });
  }
}

function pipelineText(): string {
  const settings = parseSettings(
    {
      "alloy:clusterName": "bench",
      "alloy:lokiTenant": "bench",
      "alloy:environment": "local",
      "alloy:lokiUrl": "http://loki.bench.svc:3100/loki/api/v1/push",
      "alloy:metrics": JSON.stringify({ enabled: false }),
      "alloy:selfMonitoring": JSON.stringify({ enabled: false }),
    },
    "bench",
  );
  return composePipeline(settings).text;
}
