import { startCluster, type Cluster } from "./cluster";
import { startLoki, type Loki } from "./loki";
import type { SandboxPaths } from "./paths";
import { startPrometheus, type Prometheus } from "./prometheus";
import type { ToolName, Tools } from "./toolchain/ensure";
import { startVault, type Vault } from "./vault";

/** Every tool that a sandbox runs. */
export const sandboxTools = [
  "pulumi",
  "pulumi-language-nodejs",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "etcd",
  "kwok",
  "kwokctl",
  "bao",
  "alloy",
  "loki",
  "prometheus",
  "bwrap",
  "prometheus-operator-crds",
  "kwok-stages",
] as const satisfies readonly ToolName[];

/** The servers of a sandbox, all of them ready. */
export interface Servers {
  cluster: Cluster;
  vault: Vault;
  loki: Loki;
  prometheus: Prometheus;
}

/** Starts the four servers side by side; those that run already are only looked at. */
export async function startServers(paths: SandboxPaths, tools: Tools, log: (text: string) => void): Promise<Servers> {
  const [cluster, vault, loki, prometheus] = await Promise.all([
    startCluster({ paths, tools, log }),
    startVault({ paths, tools, log }),
    startLoki({ paths, tools, log }),
    startPrometheus({ paths, tools, log }),
  ]);
  return { cluster, vault, loki, prometheus };
}
