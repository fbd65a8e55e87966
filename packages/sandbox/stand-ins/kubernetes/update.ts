import { parsePath } from "../../../../kit/property-path";
import type { UpdateRequest } from "../provider";
import { InitFailedError } from "../provider";
import type { PropertyMap } from "../values";
import { containsUnknown } from "../values";
import { AwaitError, untilReady } from "./await";
import type { KubernetesClient } from "./client";
import type { Connection } from "./connection";
import { awaitContext, fieldManagerOf, withKind } from "./connection";
import * as errors from "./errors";
import type { Gvk } from "./kinds";
import { gvkOfType } from "./kinds";
import { handOver, needsForce, ownedByOthers } from "./managed-fields";
import { normalize } from "./normalize";
import type { KubernetesObject } from "./objects";
import * as objects from "./objects";

export async function updateObject(connection: Connection, request: UpdateRequest): Promise<PropertyMap> {
  const { urn, olds, news, preview } = request;
  const gvk = gvkOfType(request.type);
  const { client } = connection;
  if (client === undefined && !preview) {
    throw new Error(`configured Kubernetes cluster is unreachable: ${connection.problem}`);
  }
  if (client === undefined || (preview && (containsUnknown(news) || !(await client.knows(gvk))))) {
    return objects.previewFromOld(olds, news);
  }
  const object = withKind(gvk, objects.toObject(normalize(gvk, news)));
  const fieldManager = fieldManagerOf(urn, olds, object);
  const { namespace, name } = objects.parseId(request.id);
  const stateNow = (live: KubernetesObject): PropertyMap =>
    objects.stateOf(normalize(gvk, news), objects.toProperties(live), news, fieldManager);
  try {
    const live = await client.get(gvk, namespace, name);
    const updated = await writeUpdate(connection, client, gvk, object, live, fieldManager, request);
    if (preview) return objects.previewOfUpdate(stateNow(updated));
    const ready = await untilReady(awaitContext(connection, client, gvk, request), updated);
    if (gvk.kind === "CustomResourceDefinition") client.forgetKinds();
    return stateNow(ready);
  } catch (error) {
    if (preview && errors.isForbidden(error)) return objects.previewFromOld(olds, news);
    if (error instanceof errors.NoMatchError) {
      throw new Error(
        `update of resource ${JSON.stringify(urn)} failed because the Kubernetes API server reported that the ` +
          `apiVersion for this resource does not exist. Verify that any required CRDs have been created: ${error.message}`,
        { cause: error },
      );
    }
    throw await updateError(client, gvk, request, error, stateNow);
  }
}

/** The object is still there, changed or not: its state is kept, so that the next diff starts from what is true. */
async function updateError(
  client: KubernetesClient,
  gvk: Gvk,
  { urn, id }: UpdateRequest,
  error: unknown,
  stateNow: (live: KubernetesObject) => PropertyMap,
): Promise<Error> {
  const { namespace, name } = objects.parseId(id);
  const message = errors.asError(error).message;
  let live: KubernetesObject;
  try {
    live = await client.get(gvk, namespace, name);
  } catch (readError) {
    const why = errors.asError(readError).message;
    return new Error(
      `update of resource ${JSON.stringify(urn)} failed: ${message}\nunable to get cluster state: ${why}`,
      {
        cause: error,
      },
    );
  }
  return new InitFailedError(
    `the Kubernetes API server reported that ${JSON.stringify(objects.idOf(live))} failed to fully initialize or become live: ${message}`,
    objects.idOf(live),
    stateNow(live),
    error instanceof AwaitError ? error.reasons : [],
  );
}

async function writeUpdate(
  { patchForce }: Connection,
  client: KubernetesClient,
  gvk: Gvk,
  object: KubernetesObject,
  live: KubernetesObject,
  fieldManager: string,
  { preview, ignoreChanges }: UpdateRequest,
): Promise<KubernetesObject> {
  if (gvk.kind === "CustomResourceDefinition") {
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: live.metadata?.resourceVersion } };
    return client.replace(gvk, versioned, fieldManager, preview);
  }
  const asked = objects.annotation(object, "pulumi.com/patchForce") === "true" || patchForce === true;
  const force = asked || (preview && needsForce(live, fieldManager));
  let current = live;
  const patch = preview ? undefined : handOver(live, fieldManager);
  if (patch !== undefined) {
    current = await client.jsonPatch(gvk, live.metadata?.namespace, live.metadata?.name ?? "", patch);
  }
  const applied = keepIgnored(object, current, fieldManager, ignoreChanges);
  try {
    return await client.apply(gvk, applied, fieldManager, { force, dryRun: preview });
  } catch (error) {
    throw errors.explainConflict(error, fieldManager);
  }
}

/** An ignored field stays as the cluster has it: left out where somebody else owns it, else written back. */
function keepIgnored(
  object: KubernetesObject,
  live: KubernetesObject,
  fieldManager: string,
  ignoreChanges: readonly string[],
): KubernetesObject {
  const result = structuredClone(object);
  for (const text of ignoreChanges) {
    const path = parsePath(text);
    // Places inside lists are not looked up, as in the official plugin.
    const members = path.filter((step): step is string => typeof step === "string" && step !== "*");
    if (members.length !== path.length) continue;
    if (ownedByOthers(live, fieldManager, members)) setAt(result, members, undefined);
    else {
      const value = getAt(live, members);
      if (value !== undefined) setAt(result, members, value);
    }
  }
  return result;
}

function getAt(object: KubernetesObject, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const step of path) value = (value as Record<string, unknown> | undefined)?.[step];
  return value;
}

function setAt(object: KubernetesObject, path: readonly string[], value: unknown): void {
  let parent: Record<string, unknown> = object;
  for (const step of path.slice(0, -1)) {
    if (typeof parent[step] !== "object" || parent[step] === null) {
      if (value === undefined) return;
      parent[step] = {};
    }
    parent = parent[step] as Record<string, unknown>;
  }
  const last = path.at(-1) ?? "";
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}
