import { takingOver } from "../../kit/taking-over";
import { UserError } from "../../kit/user-error";
import { composePipeline } from "../../pipeline/compose";
import { names } from "../../settings/names";
import { readStackFile } from "../../settings/stack-file";
import { KubeError } from "../cluster/kube-error";
import { collectedContainers, type CountedPod } from "../collectors/collected-containers";
import { recordProgram, type RecordedResource } from "../recording/record-program";
import { resolveStack, type StackContext } from "../stack-context";
import { findObjects } from "./find-objects";
import { importFile, type ImportEntry } from "./import-file";
import { measureLinesReadAgain, type ReadAgainSize } from "./lines-read-again";
import { planAdoption, type AdoptPlan } from "./plan";
import { readRecord, recordName, recordOf, takenFrom, type AdoptionRecord } from "./record";
import { adoptionText } from "./report";
import { stateOf } from "./state";

/** An adoption that was looked at and can be done. */
export interface Adoption {
  context: StackContext;
  plan: AdoptPlan;
  block: { resources: ImportEntry[] };
  /** What is kept in the cluster while it is done: the way back, and where it stood. */
  record: AdoptionRecord;
  /** For a person: every object, what changes, the lines that are read again, the import block. */
  text: string;
  /** For a script. */
  json: unknown;
}

const tell = (text: string): void => console.error(text);

/**
 * Looks at what runs and says what taking it over would mean; changes nothing. An adoption that was interrupted is found
 * where it stood.
 */
export async function planAdoptionOf({ stack, folder }: { stack: string; folder: string }): Promise<Adoption> {
  // The old deployer owns every field of what is imported.
  const context = await resolveStack(stack, takingOver, folder);
  const { engine, settings, cluster, file } = context;
  const { resources } = await recordProgram({ stack, ...readStackFile(stack, context.folder) });
  const inState = await stateOf(engine);
  const mayLook = await readRecord(cluster, settings.namespace.name).catch(unlessForbidden);
  const record = mayLook === "forbidden" ? undefined : mayLook;
  if (record !== undefined) refuseForeignRecord(record, context);
  if (record?.phase === "begun" || record?.phase === "released")
    return interrupted(context, record, resources, inState);
  const found = await findObjects(cluster, settings, resources);
  const plan = planAdoption(resources, found, inState, composePipeline(settings).text);
  if (found.namespaceIsThere && settings.namespace.managed && !inState.has("alloy-monitoring-namespace"))
    plan.obstacles.push({
      problem: `the namespace ${settings.namespace.name} exists and belongs to somebody else`,
      remedy: `write alloy:namespace: { name: ${settings.namespace.name}, managed: false } in ${file}`,
    });
  plan.obstacles.push(...recordObstacles(context, mayLook, plan));
  const block = importFile(resources, plan, inState);
  const size = await sizeOf(context, plan, found.pods);
  const text = [adoptionText(plan, block, stack, size), ...(record?.phase === "proved" ? [wayBack(stack)] : [])];
  return {
    ...{ context, plan, block },
    record: recordOf(stack, plan, resources, inState, new Date().toISOString()),
    text: text.join("\n"),
    json: jsonOf(stack, plan, block),
  };
}

function jsonOf(stack: string, plan: AdoptPlan, block: { resources: ImportEntry[] }): object {
  const { takenOver, created, leftAlone, beside, changes, obstacles, reReads } = plan;
  return {
    stack,
    takenOver: takenOver.map(({ resource, how }) => ({ resource: resource.name, how })),
    ...{ created, leftAlone, beside, changes, obstacles, reReads, import: block },
  };
}

/** The rest of an adoption that was begun: what was found then is what is taken over. */
function interrupted(
  context: StackContext,
  record: AdoptionRecord,
  resources: readonly RecordedResource[],
  inState: ReadonlyMap<string, string>,
): Adoption {
  const { stack } = context;
  const plan: AdoptPlan = {
    ...{ takenOver: takenFrom(record, resources), created: [], leftAlone: [], beside: [], changes: [] },
    ...{ setAside: [], obstacles: [], reReads: [], nodesWithPositions: [] },
  };
  const block = importFile(resources, plan, inState);
  const where =
    record.phase === "begun"
      ? "the old collectors run and are not touched yet"
      : "the old DaemonSet is deleted; its pods collect until each is replaced";
  const text = [
    `${stack}: an adoption that began at ${record.startedAt} was not finished: ${where}.`,
    `npx alloyctl adopt ${stack} --apply goes on from there; --give-back restores what was there before.`,
  ];
  return {
    ...{ context, plan, block, record },
    text: text.join("\n"),
    json: { ...jsonOf(stack, plan, block), resumed: true },
  };
}

function refuseForeignRecord({ stack }: AdoptionRecord, { stack: own, file, settings }: StackContext): void {
  if (stack === own) return;
  throw UserError.of(
    file,
    "alloy:namespace",
    `the stack ${stack} has taken over an Alloy in the namespace ${settings.namespace.name}`,
    `finish that first: npx alloyctl adopt ${stack} --apply, or --give-back, or --forget`,
    "nothing was changed",
  );
}

/** Without the right to read Secrets the plan is printed all the same. */
function unlessForbidden(error: unknown): "forbidden" {
  if (error instanceof KubeError && error.code === 403) return "forbidden";
  throw error;
}

/** What an earlier adoption means for this one; pure. */
export function recordObstacles(
  { stack, settings }: Pick<StackContext, "stack" | "settings">,
  record: AdoptionRecord | "forbidden" | undefined,
  { takenOver }: Pick<AdoptPlan, "takenOver">,
): AdoptPlan["obstacles"] {
  if (record === "forbidden")
    return [
      {
        problem: `nobody may read the Secret ${settings.namespace.name}/${recordName}, which keeps the way back`,
        remedy: "use a context that may get, create and patch Secrets there",
      },
    ];
  if (record?.phase === "giving back")
    return [
      {
        problem: `the adoption of ${record.startedAt} is being given back, and that was not finished`,
        remedy: `npx alloyctl adopt ${stack} --give-back goes on with it`,
      },
    ];
  if (record?.phase !== "proved" || takenOver.length === 0) return [];
  return [
    {
      problem: `the way back of the adoption of ${record.startedAt} is kept, and this one would take its place`,
      remedy: `npx alloyctl adopt ${stack} --forget gives it up`,
    },
  ];
}

/** What is said of an adoption that is done. */
export const wayBack = (stack: string): string =>
  `The way back is kept: npx alloyctl adopt ${stack} --give-back restores what was there before, --forget gives that up.`;

/** @throws UserError with everything that keeps an adoption from being done */
export function refuseObstacles({ context: { file }, plan: { obstacles } }: Adoption, force: boolean): void {
  const left = obstacles.filter(({ forced }) => !(force && forced === true));
  if (left.length === 0) return;
  throw new UserError(
    left.map(({ problem, remedy }) => ({ file, key: "", problem, remedy })),
    "nothing was taken over",
  );
}

/** How much is read again, counted in the cluster; undefined if nothing is. */
async function sizeOf(
  { cluster, settings }: StackContext,
  { takenOver, reReads, nodesWithPositions }: AdoptPlan,
  pods: readonly CountedPod[],
): Promise<ReadAgainSize | undefined> {
  const old = takenOver.find(({ how, live }) => how === "hand over" && live.metadata.name === names.daemonSet);
  if (takenOver.length === 0 || !settings.logs.enabled) return undefined;
  // With positions in place it is only the nodes that have had no collector.
  const again =
    reReads.length > 0 ? pods : pods.filter(({ spec }) => !nodesWithPositions.includes(spec?.nodeName ?? ""));
  const containers = collectedContainers(again, settings, old?.live.metadata.uid);
  if (containers.length === 0 && reReads.length === 0) return undefined;
  tell(`counting what ${containers.length} containers have written…`);
  return measureLinesReadAgain(cluster, containers, settings);
}
