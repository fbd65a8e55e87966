/**
 * @severity critical
 * @link https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
 */
import { stringAttribute, type Token } from "../../../pipeline/language";
import { eachContainer, onPods, podSecurityOf, type PodRef } from "../../pods";
import type { ResourceRule } from "../../rule";
import { asArray, asObject, eachItem, isAbsent, text } from "../../values";
import { onBlocks } from "./pipeline-blocks";
import type { PipelinePlace } from "./runs-pipeline";
import { isWorkload, type Workload } from "./workload";

/** What of the node the collectors may read, and as whom. */
export interface ReadPaths {
  collector: Workload;
  container: string;
  /** The init container that looks for rotated logs; undefined where the pipeline reads none. */
  before?: string;
  /** The collector's own directory, which it writes. */
  storage: string;
  /** Directories, letter by letter. */
  paths: readonly string[];
  /** Groups that the collector's user joins for it; group 0 may be among them. */
  groups: readonly number[];
}

/**
 * Where containers, their runtime and the journal keep logs. The settings choose among these; here they are written down
 * once more, so that a change there gives no other directory of the node away.
 * Source: kubernetes.io, Logging Architecture; docs.docker.com, JSON File logging driver; man 8 systemd-journald
 */
export const logDirectories: readonly string[] = ["/var/log/pods", "/var/lib/docker/containers", "/var/log/journal"];

/** Whether the pod is the collectors', and joins exactly the groups that its log directories need. */
export function joinsLogGroups(pod: PodRef, { collector, groups }: ReadPaths): boolean {
  const joined = asArray(podSecurityOf(pod)["supplementalGroups"]);
  return (
    isWorkload(pod.object, collector) &&
    groups.length > 0 &&
    joined.length === groups.length &&
    groups.every((group, at) => joined[at] === group)
  );
}

/**
 * A directory of the node that is mounted to be read is mounted read-only, into the collector alone, and the pipeline
 * reads no file elsewhere.
 */
export function readsOnlyLogs(expected: ReadPaths, place: PipelinePlace): ResourceRule {
  const { collector, container, before, storage, paths } = expected;
  return {
    name: "alloy-read-paths",
    description: "What a collector reads of its node is mounted read-only and into the collector alone.",
    severity: "critical",
    remediation: "Mount it as components/pod/pod-spec.ts does: hostPath of type Directory, readOnly, no subPath.",
    url: "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    checks: [
      onPods((pod, report) => {
        if (!isWorkload(pod.object, collector)) return;
        const read = new Set<string>();
        eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
          const { hostPath, name } = asObject(item);
          const directory = text(asObject(hostPath)["path"]);
          if (isAbsent(hostPath) || directory === storage) return;
          read.add(text(name));
          if (!paths.includes(directory))
            report.violation(`${path}.hostPath.path`, "is no directory that the pipeline reads");
          // Any other type would make the directory, or take a device or a socket for it.
          if (asObject(hostPath)["type"] !== "Directory")
            report.violation(
              `${path}.hostPath.type`,
              "is not Directory, so a node without it would seem to have no logs",
            );
        });
        eachContainer(pod, report, (ref) =>
          eachItem(ref.container["volumeMounts"], `${ref.path}.volumeMounts`, report, (item, path) => {
            const mount = asObject(item);
            if (!read.has(text(mount["name"]))) return;
            const mayRead = { containers: container, initContainers: before, ephemeralContainers: undefined }[
              ref.position
            ];
            if (ref.name !== mayRead) report.violation(path, "mounts the node's logs into another container");
            if (mount["readOnly"] !== true)
              report.violation(`${path}.readOnly`, "lets the collector write the node's logs");
            for (const field of ["subPath", "subPathExpr", "mountPropagation"])
              if (!isAbsent(mount[field])) report.violation(`${path}.${field}`, "shows another part of the node");
          }),
        );
      }),
      onPods((pod, report) => {
        const joined = podSecurityOf(pod)["supplementalGroups"];
        if (!isWorkload(pod.object, collector) || isAbsent(joined) || joinsLogGroups(pod, expected)) return;
        report.violation(
          `${pod.path}.securityContext.supplementalGroups`,
          "are not the groups that may read the directories of the pipeline",
        );
      }),
      onBlocks(place, ({ block, around }, complain) => {
        const [component] = around;
        if (block.name !== "rule" || stringAttribute(block, "target_label") !== "__path__") return;
        const replacement = stringAttribute(block, "replacement") ?? "";
        if (component?.name !== "discovery.relabel" || !isBelow(replacement, paths))
          complain(block.line, "sets the path of a file that is in no directory that the pipeline reads");
        // A label that somebody else writes could hold `../`: each part that is put in is one name.
        if (stringAttribute(block, "separator") !== "/" || !ofNames(stringAttribute(block, "regex") ?? ""))
          complain(block.line, "puts text into a path that may hold a slash");
      }),
      onBlocks(place, ({ block, around }, complain) => {
        if (around.length > 0) return;
        if (block.name === "loki.source.file" && !isReference(block.attributes.get("targets") ?? []))
          complain(block.line, "loki.source.file has targets that are not those of a discovery.relabel");
        if (block.name !== "loki.source.journal") return;
        const path = stringAttribute(block, "path");
        if (path === undefined || !paths.includes(path))
          complain(block.line, "loki.source.journal reads a directory that its section does not name");
      }),
    ],
  };
}

const isBelow = (path: string, directories: readonly string[]): boolean =>
  directories.some((directory) => path.startsWith(`${directory}/`)) && !/(^|\/)\.\.?(\/|$)/.test(path);

/** `([^/]+)/([0-9a-f-]{32,36})`: groups, each of characters without a slash, and slashes between them. */
const ofNames = (regex: string): boolean =>
  regex !== "" &&
  /^\((?:\[\^\/\]|\[[\w-]+\])(?:\+|\{\d+,\d+\})\)(?:\/\((?:\[\^\/\]|\[[\w-]+\])(?:\+|\{\d+,\d+\})\))*$/.test(regex);

const isReference = (tokens: readonly Token[]): boolean =>
  /^discovery\.relabel\.\w+\.output$/.test(
    tokens.map(({ kind, text }) => (kind === "string" ? `"${text}"` : text)).join(""),
  );
