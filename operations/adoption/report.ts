import { objectName, type AdoptPlan, type ImportEntry } from "./plan";
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
  const { takenOver, created, leftAlone, changes, obstacles, reReads } = plan;
  if (takenOver.length === 0)
    return `${stack}: nothing to take over: every existing object with one of our names is in the stack's state already`;
  const named = takenOver.map(({ resource, how }) => {
    const { kind, metadata } = resource.inputs as { kind: string; metadata: { name: string; namespace?: string } };
    const words =
      how === "import" ? "imported, then changed in place" : "deleted without its pods, made anew around them";
    return `${objectName(kind, metadata)} as ${resource.name}: ${words}`;
  });
  const reRead =
    size === undefined
      ? ["no container is read again: positions serve on"]
      : [
          linesReadAgainText(size),
          `why: ${reReads.map(({ source, reason }) => `${source} ${reason}`).join("; ")}. ` +
            "The lines are sent under their new labels and stand beside the old ones",
        ];
  return [
    `Taking over an Alloy that runs already, for stack ${stack}`,
    ...section("Taken over, by name", named),
    ...section("Made anew", created),
    ...section("Left alone (remove it yourself once the new collectors run)", leftAlone),
    ...section("What changes", changes),
    ...section("Lines", [
      "the old pods run until each is replaced, and what they had in hand is read again",
      ...reRead,
    ]),
    ...section(
      "First",
      obstacles.map(({ problem, remedy }) => `${problem}\n    → ${remedy}`),
    ),
    "",
    "Import block (pulumi import --file):",
    JSON.stringify(block, undefined, 2),
    "",
    `npx alloyctl adopt ${stack} --apply does all of it: imports, hands the pods over, runs up.`,
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
