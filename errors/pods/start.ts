import { inStackFile } from "../known-error";
import { pullCauses } from "./image";
import { quote, quoted, type KnownCause } from "./known-cause";

/** Amounts of a node that a pod asks for, as the scheduler and the kubelet name them. */
const room = "Insufficient (?:cpu|memory|ephemeral-storage|pods)|Too many pods";

/**
 * Why a pod that was created gets no node, or does not start on it: the words of schedulers, kubelets and container
 * runtimes, from the pod's status and its events.
 */
export const startCauses: KnownCause[] = [
  {
    pattern: /Pod (?:is )?not supported(?: on Fargate)?: ([^\n]*)/,
    lasts: true,
    toProblem: ([, reason = ""], place) =>
      inStackFile(
        place,
        "alloy:pod.virtualNodes",
        `Fargate runs no DaemonSet, and its nodes cannot hold a collector (${quoted(reason)})`,
        "set it to exclude, which leaves these nodes out; what runs on Fargate needs Fargate's own log router",
      ),
  },
  {
    pattern: /Provider(?:Create)?Failed:? ?([^\n]*)/,
    lasts: true,
    toProblem: ([, reason = ""], place) =>
      inStackFile(
        place,
        "alloy:pod.virtualNodes",
        `a virtual node cannot hold a collector${quoted(reason) === "" ? "" : ` (${quoted(reason)})`}`,
        "set it to exclude, which leaves these nodes out: they have no directory and no log that a collector could read",
      ),
  },
  {
    pattern: new RegExp(`(${room})`),
    toProblem: ([, what = ""], place) =>
      inStackFile(
        place,
        "alloy:resources",
        `the node has no room for a collector (${what})`,
        "lower alloy:resources.requests, or give the collectors a PriorityClass that pushes others out (alloy:pod.priorityClassName: system-node-critical); an autoscaler such as Karpenter adds no node for a DaemonSet, so drain one that is too small",
      ),
  },
  {
    pattern:
      /Node didn't have enough (?:resource|capacity): (\w+)[^\n]*|\b(OutOf(?:cpu|memory|pods|ephemeral-storage))\b/,
    toProblem: ([, resource, reason = ""], place) =>
      inStackFile(
        place,
        "alloy:resources",
        `the node's kubelet has no room for a collector (${resource ?? reason.replace("OutOf", "")})`,
        "lower alloy:resources.requests, or give the collectors a PriorityClass that pushes others out (alloy:pod.priorityClassName: system-node-critical)",
      ),
  },
  {
    pattern: /The node (?:was low on resource: [^\n.]+|had condition: \[[^\]]+\])/,
    toProblem: ([what], place) =>
      inStackFile(
        place,
        "alloy:pod.priorityClassName",
        `the node's kubelet has evicted the collector (${quoted(what)})`,
        "free that node; with system-node-critical the collector is among the last to go",
      ),
  },
  {
    pattern: /had untolerated taint\(?s?\)? ?(\{[^}]*\})?/,
    lasts: true,
    toProblem: ([, taint = ""], place) =>
      inStackFile(
        place,
        "alloy:pod.tolerations",
        `the node has a taint that the collectors do not tolerate${taint === "" ? "" : ` (${taint})`}`,
        "add a toleration for it, or leave the node out with alloy:pod.nodeAffinity",
      ),
  },
  ...pullCauses,
  {
    pattern: /(?:MountVolume\.SetUp failed for volume|Error:?) ?[^\n]*?(secret|configmap) \\?"([^"\\]+)\\?" not found/,
    toProblem: ([, kind = "", name = ""], place) =>
      inStackFile(
        place,
        kind === "secret" ? "alloy:credentials" : "",
        `the namespace has no ${kind === "secret" ? "Secret" : "ConfigMap"} ${name}, which the pod mounts`,
        kind === "secret"
          ? "have it made, or write the name of the one that is there in alloy:credentials.secretName"
          : "if somebody has deleted it, run up again with --restore",
      ),
  },
  {
    pattern: new RegExp(
      `references non-existent secret key: ([^\\s"\\\\]+)|couldn't find key ([^\\s"\\\\]+) in Secret`,
    ),
    toProblem: ([, mounted, read = ""], place) =>
      inStackFile(
        place,
        "alloy:credentials",
        `the Secret has no key ${mounted ?? read}`,
        "add it to the Secret, or write the key that is there in alloy:credentials",
      ),
  },
  {
    pattern: /hostPath type check failed: (\/var\/log\/\w+|\/var\/lib\/docker\/containers) is not a directory/,
    lasts: true,
    toProblem: ([, directory = ""], place) =>
      directory === "/var/log/journal"
        ? inStackFile(
            place,
            "alloy:extraSections",
            `the node has no ${directory}: it keeps its journal in memory`,
            "let journald store it (Storage=persistent), or remove the section that reads it",
          )
        : inStackFile(
            place,
            directory === "/var/log/pods" ? "alloy:logs.source" : "alloy:logs.fileFormat",
            `the node has no ${directory}, from which the collectors are to read lines`,
            directory === "/var/log/pods" ? "write kubernetes" : "write cri: the node does not run Docker",
          ),
  },
  {
    pattern: /hostPath type check failed: ([^\n]*)|mkdir ([^\s:]+): read-only file system/,
    lasts: true,
    toProblem: ([, type, folder = ""], place) =>
      inStackFile(
        place,
        "alloy:wal.path",
        type === undefined
          ? `the node's disk cannot be written at ${folder}`
          : `the node has something else there than a directory: ${quoted(type)}`,
        "write a directory on a disk of the node that can be written, such as one below /var",
      ),
  },
  {
    pattern: /(failed to assign an IP address to container|no IP addresses available in range set[^\n]*)/,
    toProblem: ([, what = ""]) => ({
      file: "the cluster",
      key: "the network plugin",
      problem: `the node has no free address for a pod (${quoted(what)})`,
      remedy: "give the node's subnet or its range for pods more addresses, or move pods away from it",
    }),
  },
  {
    pattern: /cni config uninitialized|NetworkPluginNotReady|network plugin is not ready/,
    toProblem: () => ({
      file: "the cluster",
      key: "the network plugin",
      problem: "is not ready on that node, so no pod starts there",
      remedy: "look at its own pods in kube-system; the collectors start as soon as it is ready",
    }),
  },
  {
    pattern: /\bOOMKilled\b/,
    toProblem: (_, place) =>
      inStackFile(
        place,
        "alloy:resources.limits.memory",
        "the collector needs more memory than it may use, and is killed (OOMKilled)",
        "write a higher limit",
      ),
  },
  {
    pattern: new RegExp(
      `(?:can't|cannot|unable to) find (?:a )?user|RunContainerError: ([^\\n]*${quote}[^\\n]*no such file or directory)`,
    ),
    lasts: true,
    toProblem: ([, reason = "its user is not there"], place) =>
      inStackFile(
        place,
        "alloy:image",
        `the image lacks what the container runs (${quoted(reason)})`,
        "write grafana/alloy or a copy of it; without a shell and coreutils in it, set alloy:wal.prepare: none",
      ),
  },
];
