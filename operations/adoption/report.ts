import type { ImportEntry } from "./import-file";
import { objectName } from "./objects";
import type { AdoptPlan } from "./plan";
import { linesReadAgainText, type ReadAgainSize } from "./lines-read-again";

/**
 * The plan as a person reads it; pure.
 *
 * @param size what is read again, where the plan says that something is
 */
export function adoptionText(
  plan: AdoptPlan,
  block: { resources: ImportEntry[] },
  stack: string,
  size: ReadAgainSize | undefined,
): string {
  const { takenOver, created, leftAlone, beside, changes, obstacles, reReads } = plan;
  const first = section(
    "First",
    obstacles.map(({ problem, remedy, forced }) => `${problem}\n    → ${remedy}${forced ? " (--force)" : ""}`),
  );
  if (takenOver.length === 0)
    return [
      created.length === 0
        ? `${stack}: nothing to take over: every existing object with one of our names is in the stack's state already`
        : `${stack}: nothing to take over: what up would make has no namesake in the cluster (${created.join(", ")})`,
      ...section("Beside it", beside),
      ...first,
    ].join("\n");
  const named = takenOver.map(({ resource, how }) => {
    const { kind, metadata } = resource.inputs as { kind: string; metadata: { name: string; namespace?: string } };
    const words =
      how === "import" ? "imported, then changed in place" : "deleted without its pods, made anew around them";
    return `${objectName(kind, metadata)} as ${resource.name}: ${words}`;
  });
  const why = `why: ${reReads.map(({ source, reason }) => `${source} ${reason}`).join("; ")}. The lines are sent under their new labels and stand beside the old ones`;
  const reRead = [
    ...(size === undefined ? [] : [linesReadAgainText(size)]),
    ...(reReads.length > 0 ? [why] : [positionsText(plan, size)]),
  ];
  return [
    `Taking over an Alloy that runs already, for stack ${stack}`,
    ...section("Taken over, by name", named),
    ...section("Made anew", created),
    ...section(
      "Left alone (delete it by name once the new collectors run, never by helm uninstall or its kin)",
      leftAlone,
    ),
    ...section("Beside it", beside),
    ...section("What changes", changes),
    ...section("Lines", [
      "the old pods run until each is replaced, and what they had in hand is read again",
      ...reRead,
    ]),
    ...first,
    "",
    "Import block (pulumi import --file):",
    JSON.stringify(block, undefined, 2),
    "",
    `npx alloyctl adopt ${stack} --apply does all of it: imports, hands the pods over, runs up, and proves that lines arrive. If one step fails it gives everything back.`,
  ].join("\n");
}

/** Only positions that were found can serve on; what nobody reads needs none. */
function positionsText({ nodesWithPositions }: AdoptPlan, size: ReadAgainSize | undefined): string {
  if (nodesWithPositions.length === 0) return "no container's log is read, so none is read again";
  const nodes = nodesWithPositions.length === 1 ? "1 node" : `${nodesWithPositions.length} nodes`;
  return size === undefined
    ? `no container is read again: the old collectors' positions serve on, on ${nodes}`
    : `why: they are on nodes without an old collector, so that there are no positions; on ${nodes} the old collectors' positions serve on`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
