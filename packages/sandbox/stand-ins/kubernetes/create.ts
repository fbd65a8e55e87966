import { sleep } from "../http";
import type { CreateRequest } from "../provider";
import { InitFailedError } from "../provider";
import type { PropertyMap } from "../values";
import { containsUnknown } from "../values";
import { untilReady } from "./await";
import type { KubernetesClient } from "./client";
import type { Connection } from "./connection";
import { awaitContext, fieldManagerOf, partial, withKind } from "./connection";
import * as errors from "./errors";
import type { Gvk } from "./kinds";
import { apiVersionOf, gvkOfType } from "./kinds";
import type { KubernetesObject } from "./objects";
import * as objects from "./objects";

/** The official plugin tries six times, waiting 1, 2, 4, 8 and 16 s: a namespace or a kind may be on its way. */
const CREATE_RETRIES = 5;
export async function createObject(
  connection: Connection,
  request: CreateRequest,
): Promise<{ id: string; state: PropertyMap }> {
  const { urn, inputs, preview } = request;
  const gvk = gvkOfType(request.type);
  const echo = { id: "", state: objects.previewOfNew(gvk, inputs, inputs) };
  const { client } = connection;
  if (client === undefined) {
    if (preview) return echo;
    throw new Error(`configured Kubernetes cluster is unreachable: ${connection.problem}`);
  }
  if (preview && (containsUnknown(inputs) || !(await client.knows(gvk)))) return echo;
  const object = withKind(gvk, objects.toObject(inputs));
  const fieldManager = fieldManagerOf(urn, {}, object);
  let created: KubernetesObject;
  try {
    created = await (preview
      ? client.create(gvk, object, fieldManager, true)
      : createWithRetries(connection, client, gvk, object, fieldManager, urn));
  } catch (error) {
    if (preview && cannotBePreviewed(error)) return echo;
    throw creationError(urn, gvk, error);
  }
  if (preview) {
    const state = objects.stateOf(inputs, objects.toProperties(created), inputs, fieldManager);
    return { id: "", state: objects.previewOfNew(gvk, inputs, state) };
  }
  const stateNow = (live: KubernetesObject): PropertyMap =>
    objects.stateOf(inputs, objects.toProperties(live), inputs, fieldManager);
  try {
    const ready = await untilReady(awaitContext(connection, client, gvk, request), created);
    if (gvk.kind === "CustomResourceDefinition") client.forgetKinds();
    return { id: objects.idOf(ready), state: stateNow(ready) };
  } catch (error) {
    const { object: last, reasons } = partial(error, created);
    throw new InitFailedError(
      `resource ${JSON.stringify(urn)} was successfully created, but the Kubernetes API server reported that it ` +
        `failed to fully initialize or become live: ${errors.asError(error).message}`,
      objects.idOf(last),
      stateNow(last),
      reasons,
    );
  }
}

async function createWithRetries(
  { host, signal }: Connection,
  client: KubernetesClient,
  gvk: Gvk,
  object: KubernetesObject,
  fieldManager: string,
  urn: string,
): Promise<KubernetesObject> {
  for (let attempt = 0; ; attempt++) {
    try {
      const created = await client.create(gvk, object, fieldManager, false);
      host.status(urn, "");
      return created;
    } catch (error) {
      const mayCome = errors.isNotFound(error) || error instanceof errors.NoMatchError;
      if (!mayCome || attempt >= CREATE_RETRIES) throw error;
      host.status(urn, `Retry #${attempt}; creation failed: ${errors.asError(error).message}`);
      await sleep(1000 * 2 ** attempt, signal);
    }
  }
}

/** Refusals that say nothing about the real update: it runs later, and often after something else was made. */
function cannotBePreviewed(error: unknown): boolean {
  return (
    errors.isForbidden(error) ||
    errors.isNamespaceNotFound(error) ||
    errors.isAlreadyExists(error) ||
    errors.isDryRunUnsupported(error)
  );
}

function creationError(urn: string, gvk: Gvk, error: unknown): Error {
  if (error instanceof errors.NoMatchError) {
    return new Error(
      `creation of resource ${JSON.stringify(urn)} with kind ${apiVersionOf(gvk)}/${gvk.kind} failed because the ` +
        "Kubernetes API server reported that the apiVersion for this resource does not exist. " +
        `Verify that any required CRDs have been created: ${error.message}`,
      { cause: error },
    );
  }
  const message = errors.asError(error).message;
  return new Error(
    `resource ${JSON.stringify(urn)} was not successfully created by the Kubernetes API server: ${message}`,
    {
      cause: error,
    },
  );
}
