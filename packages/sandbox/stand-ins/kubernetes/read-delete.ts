import type { DeleteRequest, ReadRequest } from "../provider";
import { InitFailedError } from "../provider";
import type { PropertyMap } from "../values";
import { AwaitError, readyNow, untilDeleted } from "./await";
import type { Connection } from "./connection";
import { awaitContext, fieldManagerOf, partial } from "./connection";
import * as errors from "./errors";
import { gvkOfType } from "./kinds";
import { normalize } from "./normalize";
import type { KubernetesObject } from "./objects";
import * as objects from "./objects";

const REMEDY =
  'If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';

export async function readObject(
  connection: Connection,
  request: ReadRequest,
): Promise<{ id: string; state: PropertyMap; inputs: PropertyMap }> {
  const { urn, id, state, inputs } = request;
  const { client, host } = connection;
  const gone = { id: "", state: {}, inputs: {} };
  if (client === undefined) {
    host.log("warning", urn, `configured Kubernetes cluster is unreachable: ${connection.problem}`);
    if (connection.deleteUnreachable) return gone;
    if (connection.skipUpdateUnreachable) return { id, state, inputs };
    throw new Error(`failed to read resource state due to unreachable cluster. ${REMEDY}`);
  }
  const gvk = gvkOfType(request.type);
  const { namespace, name } = objects.parseId(id);
  if (name === "") {
    throw new Error(`failed to read resource because of a failure to parse resource name from request ID: ${id}`);
  }
  let live: KubernetesObject;
  try {
    live = await client.get(gvk, namespace, name);
  } catch (error) {
    // A kind that is gone took its objects along.
    if (errors.isNotFound(error) || error instanceof errors.NoMatchError) return gone;
    throw error;
  }
  const fieldManager = fieldManagerOf(urn, state, live);
  const fresh = Object.keys(inputs).length === 0 && Object.keys(state).length === 0;
  const answer = (object: KubernetesObject): { id: string; state: PropertyMap; inputs: PropertyMap } => {
    const properties = objects.toProperties(object);
    const pruned = fresh
      ? objects.inputsFromLive(properties)
      : objects.prune(properties, normalize(gvk, revealInputs(inputs)));
    return {
      id,
      state: objects.stateOf(pruned, properties, inputs, fieldManager),
      inputs: objects.markSecrets(pruned, inputs),
    };
  };
  if (fresh) return answer(live);
  try {
    return answer(await readyNow(awaitContext(connection, client, gvk, { urn, timeout: 0 }), live));
  } catch (error) {
    const { object, reasons } = partial(error, live);
    const { state: last, inputs: lastInputs } = answer(object);
    throw new InitFailedError(errors.asError(error).message, id, last, reasons, lastInputs);
  }
}

function revealInputs(inputs: PropertyMap): PropertyMap {
  return objects.toProperties(objects.toObject(inputs));
}

export async function deleteObject(connection: Connection, request: DeleteRequest): Promise<void> {
  const { urn, id, state } = request;
  const { client, host } = connection;
  if (client === undefined) {
    host.log("warning", urn, `configured Kubernetes cluster is unreachable: ${connection.problem}`);
    if (connection.deleteUnreachable) return;
    throw new Error(`configured Kubernetes cluster is unreachable. ${REMEDY}`);
  }
  const gvk = gvkOfType(request.type);
  const { namespace, name } = objects.parseId(id);
  const { inputs } = objects.parseState(state);
  const policy = objects.annotation(inputs, "pulumi.com/deletionPropagationPolicy");
  const propagation = ["orphan", "background"].includes(policy ?? "") ? capitalize(policy ?? "") : "Foreground";
  try {
    const live = await client.get(gvk, namespace, name);
    await client.delete(gvk, namespace, name, propagation);
    const skip = objects.annotation(inputs, "pulumi.com/skipAwait");
    if (skip !== "true") await untilDeleted(awaitContext(connection, client, gvk, request), live);
    if (gvk.kind === "CustomResourceDefinition") client.forgetKinds();
  } catch (error) {
    if (errors.isNotFound(error) || error instanceof errors.NoMatchError) return;
    if (!(error instanceof AwaitError)) throw error;
    const last = objects.stateOf(inputs, objects.toProperties(error.object), state, fieldManagerOf(urn, state, {}));
    throw new InitFailedError(error.message, id, last, error.reasons);
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
