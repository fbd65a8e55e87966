import * as path from "node:path";

import { readJson } from "../../../kit/files";
import type { SandboxPaths } from "../paths";

/** One container that the writer plays. */
export interface WorkloadContainer {
  namespace: string;
  pod: string;
  container: string;
  node: string;
  /** Log file in CRI format. */
  file: string;
  /** Lines in that file, over all starts; the last one has this sequence number. */
  written: number;
}

/** What the writer has done, in `<root>/workload.json`; replaced as a whole a few times a second. */
export interface WorkloadStatus {
  /** The writer that wrote this. */
  pid: number;
  /** Lines that this start of the writer was asked for, all containers together; null for no end. */
  asked: number | null;
  /** Lines that this start has written. */
  done: number;
  /** This start has written all that was asked. */
  finished: boolean;
  /** Lines in all log files, over all starts. */
  written: number;
  containers: WorkloadContainer[];
}

/** Path of the status file. */
export function workloadStatusFile(paths: SandboxPaths): string {
  return path.join(paths.root, "workload.json");
}

/** The writer's last word; undefined before the first start. */
export function readWorkload(paths: SandboxPaths): Promise<WorkloadStatus | undefined> {
  return readJson<WorkloadStatus>(workloadStatusFile(paths));
}
