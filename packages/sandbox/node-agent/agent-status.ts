import * as path from "node:path";

import { readJson } from "../../../kit/files";
import type { SandboxPaths } from "../paths";
import type { IsolationMode } from "./bubblewrap";
import type { PodSnapshot } from "./pod-snapshot";

/** What the node agent tells about itself in `<root>/node-agent.json`; replaced as a whole at each change. */
export interface AgentStatus {
  pid: number;
  /** RFC 3339. */
  startedAt: string;
  isolation: IsolationMode;
  /** The last trouble with the API server; undefined while all is well. */
  trouble: string | undefined;
  pods: PodSnapshot[];
}

/** Path of the status file. */
export function agentStatusFile(paths: SandboxPaths): string {
  return path.join(paths.root, "node-agent.json");
}

/** The agent's last word, from whichever life; undefined where none ran yet. */
export function readAgentStatus(paths: SandboxPaths): Promise<AgentStatus | undefined> {
  return readJson<AgentStatus>(agentStatusFile(paths));
}
