/**
 * @severity medium
 * @link https://github.com/grafana/alloy/issues
 */
import type { Block } from "../../../pipeline/language";
import { parseImage } from "../../image";
import { isKind, nameOf, namespaceOf, onObjects, pathIn } from "../../kubernetes";
import { onContainers } from "../../pods";
import type { ResourceRule } from "../../rule";
import { at, fieldPath } from "../../values";
import { blocksOf } from "./pipeline-blocks";
import type { PipelinePlace } from "./runs-pipeline";

/** A bug of Alloy that loses or doubles lines without saying so, and that one can keep clear of. */
interface KnownBug {
  issue: string;
  problem: string;
  remedy: string;
  /** First version without it, major and minor; left out while the issue is open. */
  fixed?: readonly [number, number];
  /** The block in which it bites; left out where every pipeline has it. */
  block?: (block: Block) => boolean;
}

const enables = (block: Block, name: string): boolean =>
  block.blocks.some(
    (inner) =>
      inner.name === name &&
      inner.attributes
        .get("enabled")
        ?.map(({ text }) => text)
        .join("") === "true",
  );

// Not here: what no choice of ours avoids (#7192, #7076). A warning that cannot be acted on is not read.
const knownBugs: readonly KnownBug[] = [
  {
    issue: "https://github.com/grafana/alloy/issues/3959",
    problem: "drops lines that have the same timestamp as the line before",
    remedy: "Use v1.12 or newer.",
    fixed: [1, 12],
  },
  {
    issue: "https://github.com/grafana/alloy/issues/7112",
    problem: "switches on loki.write's write-ahead log, which skips lines after a restart",
    remedy: "Set alloy:wal.logs to false: positions and retries alone lose less.",
    block: (block) => block.name === "loki.write" && enables(block, "wal"),
  },
  {
    issue: "https://github.com/grafana/alloy/issues/3717",
    problem: "shares pods between collectors, which read lines again when one of them restarts",
    remedy: "Let each collector read its own node's pods.",
    block: (block) => block.name === "loki.source.kubernetes" && enables(block, "clustering"),
  },
];

/** Warns of bugs that the configured version has and that the pipeline meets. */
export function knownBugsOf(image: string, container: string, place: PipelinePlace): ResourceRule {
  const present = knownBugs.filter(({ fixed }) => fixed === undefined || isOlder(image, fixed));
  return {
    name: "alloy-known-bugs",
    description: "The collector's version has no known bug that loses or doubles lines and that could be avoided.",
    severity: "medium",
    remediation: "Change the version, or leave the feature off.",
    url: "https://github.com/grafana/alloy/issues",
    enforcement: { production: "advisory", staging: "advisory", local: "advisory", other: "advisory" },
    checks: [
      onContainers((ref, report) => {
        if (ref.name !== container || ref.position !== "containers") return;
        for (const { fixed, block, issue, problem, remedy } of knownBugs) {
          if (block === undefined && fixed !== undefined && isOlder(ref.container["image"], fixed))
            report.violation(`${ref.path}.image`, `${problem} (${issue})`, remedy);
        }
      }),
      onObjects(
        (object) => isKind(object, "", "ConfigMap"),
        (object, report) => {
          if (nameOf(object) !== place.configMap || namespaceOf(object) !== place.namespace) return;
          const blocks = blocksOf(at(object.props, "data", place.key));
          const path = fieldPath(pathIn(object, "data"), place.key);
          for (const { block, issue, problem, remedy } of present) {
            for (const found of block === undefined ? [] : blocks.filter(block))
              report.violation(path, `line ${found.line}: ${problem} (${issue})`, remedy);
          }
        },
      ),
    ],
  };
}

/** Whether the image's tag is a version below that one; a digest alone tells no version. */
function isOlder(image: unknown, [major, minor]: readonly [number, number]): boolean {
  const version = /^v?(\d+)\.(\d+)/.exec(parseImage(image)?.tag ?? "");
  if (version === null) return false;
  const [own, ownMinor] = [Number(version[1]), Number(version[2])];
  return own < major || (own === major && ownMinor < minor);
}
