import { startCluster, type Cluster } from "./cluster/cluster";
import { startLoki, type Loki } from "./loki";
import type { SandboxPaths } from "../paths";
import { startPrometheus, type Prometheus } from "./prometheus";
import type { ToolName, Tools } from "../toolchain/ensure";
import { startVault, type Vault } from "./vault";

const engineTools = ["pulumi", "pulumi-language-nodejs"] as const satisfies readonly ToolName[];

/** Every tool that a sandbox of its own runs. */
export const sandboxTools = [
  ...engineTools,
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

/** Servers of the user's that are used in place of the sandbox's own; those are then not started. */
export type GivenServers = Partial<Servers>;

/** The tools that are needed where these servers are given. With a cluster of the user's there is no node agent. */
export function toolsBeside(given: GivenServers): readonly ToolName[] {
  if (given.cluster === undefined) return sandboxTools;
  return [
    ...engineTools,
    ...(given.vault === undefined ? (["bao"] as const) : []),
    ...(given.loki === undefined ? (["loki"] as const) : []),
    ...(given.prometheus === undefined ? (["prometheus"] as const) : []),
  ];
}

/** Starts the servers that are not given, side by side; those that run already are only looked at. */
export async function startServers(
  paths: SandboxPaths,
  tools: Tools,
  log: (text: string) => void,
  given: GivenServers = {},
): Promise<Servers> {
  const [cluster, vault, loki, prometheus] = await Promise.all([
    given.cluster ?? startCluster({ paths, tools, log }),
    given.vault ?? startVault({ paths, tools, log }),
    given.loki ?? startLoki({ paths, tools, log }),
    given.prometheus ?? startPrometheus({ paths, tools, log }),
  ]);
  return { cluster, vault, loki, prometheus };
}
