import { AlloySyntaxError } from "../../pipeline/language";
import { reReads, type ReRead } from "../../pipeline/lines-sent-again";
import { streamsOf } from "../../pipeline/stream-labels";
import { nodeFolderOf } from "./node-folder";

/** What another pipeline means for whoever reads the lines. */
export interface ComparedPipelines {
  changes: string[];
  /** Sources that begin with the first line again, and why; empty where positions serve on. */
  reReads: ReRead[];
}

/**
 * Compares the pipeline that runs with the one that would replace it, and where each keeps its positions; pure. What
 * cannot be compared counts as read again: the announcement may be too large, never too small.
 *
 * @param deployed its text, or undefined where it was not found
 * @param daemonSets the one that runs, and the one that is declared
 */
export function comparePipelines(
  deployed: string | undefined,
  next: string,
  daemonSets: { before: unknown; after: unknown },
): ComparedPipelines {
  const allAgain = (reason: string): ReRead[] => readFromTheFirstLine(next, reason);
  const uncompared = (why: string): ComparedPipelines => ({
    changes: [`the deployed pipeline ${why}, so nothing of it is compared`],
    reReads: allAgain("may find no positions, since nothing could be compared"),
  });
  if (deployed === undefined) return uncompared("was not found");
  try {
    const [before, after] = [nodeFolderOf(daemonSets.before), nodeFolderOf(daemonSets.after)];
    const moved = `finds no positions: the old ones are in ${before ?? "the old pods"}, not in ${after ?? "the new"}`;
    return {
      changes: changesBetween(deployed, next),
      reReads: before === after ? reReads(deployed, next) : allAgain(moved),
    };
  } catch (error) {
    if (!(error instanceof AlloySyntaxError)) throw error;
    return uncompared(`could not be read (${error.message})`);
  }
}

interface Reloading {
  spec?: {
    template?: {
      spec?: {
        containers?: { name: string; image?: string }[];
        volumes?: { configMap?: { name?: string } }[];
      };
    };
  };
}

/**
 * What it means that the old pods read a ConfigMap that is taken over: a container beside Alloy, as Grafana's chart has
 * it, loads a changed one at once; pure.
 *
 * @param imported names of the ConfigMaps that are imported and then changed in place
 */
export function reloadedEarly(daemonSet: unknown, imported: readonly string[]): string[] {
  const { containers = [], volumes = [] } = (daemonSet as Reloading).spec?.template?.spec ?? {};
  const reloader = containers.find(({ image = "" }) => /reload/.test(image));
  const shared = volumes.flatMap(({ configMap }) => configMap?.name ?? []).filter((name) => imported.includes(name));
  if (reloader === undefined || shared.length === 0) return [];
  return [
    `the old pods load the new pipeline from ConfigMap ${shared.join(", ")} before they are replaced (container ${reloader.name}): where it does not start there they go on with the old one, otherwise its labels come from them already`,
  ];
}

/** Every source of a pipeline that keeps positions, with the reason for which it finds none; pure. */
export const readFromTheFirstLine = (next: string, reason: string): ReRead[] =>
  positionSources(next).map((source) => ({ source, reason }));

function changesBetween(deployed: string, next: string): string[] {
  const [before, after] = [labelsOf(deployed), labelsOf(next)];
  const [lost, gained] = [difference(before, after), difference(after, before)];
  const changes: [boolean, string][] = [
    [
      lost.length > 0,
      `labels that streams lose: ${lost.join(", ")} (dashboards and alerts that select by them find nothing)`,
    ],
    [gained.length > 0, `labels that streams gain: ${gained.join(", ")}`],
    [/\bloki\.source\.journal\b/.test(deployed), "the nodes' journal is not collected any more"],
    [
      !/\btenant_id\b/.test(deployed),
      "requests carry a tenant (X-Scope-OrgID) that they did not: a Loki without tenants ignores it, one with tenants stores the lines elsewhere",
    ],
    [
      !/spec\.nodeName/.test(deployed),
      "each node reads its own pods only; without a node filter every line came once from every node",
    ],
  ];
  return changes.flatMap(([holds, text]) => (holds ? [text] : []));
}

/** Those whose positions lie in the storage folder. */
const positionSources = (text: string): string[] =>
  [...new Set(streamsOf(text).paths.map(({ source }) => source))].filter((source) =>
    /^loki\.source\.(kubernetes|file)\./.test(source),
  );
const labelsOf = (text: string): string[] => [
  ...new Set(streamsOf(text).paths.flatMap(({ labels }) => labels.map(({ name }) => name))),
];
const difference = (a: readonly string[], b: readonly string[]): string[] => a.filter((one) => !b.includes(one)).sort();
