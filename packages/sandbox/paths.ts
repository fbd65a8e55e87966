import * as path from "node:path";

import { sandboxRoot } from "../../kit/folders";

export { cacheRoot, sandboxRoot } from "../../kit/folders";

/** The places inside a sandbox, each named once. */
export interface SandboxPaths {
  root: string;
  /** One JSON file a process: pid, start time, command, log. */
  processes: string;
  /** One log file a process. */
  logs: string;
  /** Executables put first on the engine's PATH: stand-in plugins, language host, pack host. */
  bin: string;
  /** Pulumi's file backend, its home and the generated stack config. */
  pulumi: string;
  /** kubeconfig of the sandbox's cluster. */
  kubeconfig: string;
  /** Cluster, Vault, Loki and Prometheus data, one folder each. */
  data: string;
  /** One folder a node: hostPath volumes, pod volumes, container logs. */
  nodes: string;
  /** Ports, URLs, tokens and tool origins that were settled at start. */
  state: string;
}

/** Names the files of the sandbox at `root`. */
export function sandboxPaths(root: string = sandboxRoot()): SandboxPaths {
  const at = (name: string): string => path.join(root, name);
  return {
    root,
    processes: at("processes"),
    logs: at("logs"),
    bin: at("bin"),
    pulumi: at("pulumi"),
    kubeconfig: at("kubeconfig.yaml"),
    data: at("data"),
    nodes: at("nodes"),
    state: at("state.json"),
  };
}
