/** A pod as the agent's status file shows it. */
export interface PodSnapshot {
  namespace: string;
  name: string;
  uid: string;
  node: string;
  phase: string;
  ready: boolean;
  restarts: number;
  /** The pod is being deleted. */
  terminating: boolean;
  /** What went wrong last, with the last line of the log where a container ended; undefined while all is well. */
  lastError: string | undefined;
  /** The collector's UI on this machine; undefined where it has no listener. */
  uiUrl: string | undefined;
  /** Port in the pod's args, and the port on 127.0.0.1 that stands for it. */
  listener: { podPort: number; localPort: number } | undefined;
  /** The container's process on this machine and its start time (see ProcessRecord), while it runs. */
  pid: number | undefined;
  startTime: string | undefined;
  /** File with the output of the pod's first container, over all pods of the node. */
  log: string;
  /** Lines that the pod's containers have logged in the life of this agent; a collector collects its own, too. */
  linesLogged: number;
}
