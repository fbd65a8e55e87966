import type { Host } from "../host";
import type { PropertyMap } from "../values";
import { stringAt } from "../values";
import type { AwaitContext } from "./await";
import { AwaitError } from "./await";
import type { KubernetesClient } from "./client";
import type { Gvk } from "./kinds";
import { apiVersionOf } from "./kinds";
import { newFieldManager } from "./naming";
import type { KubernetesObject } from "./objects";
import * as objects from "./objects";

/** The cluster, or the reason why there is none. */
export interface Connection {
  client: KubernetesClient | undefined;
  problem: string;
  host: Host;
  signal: AbortSignal;
  deleteUnreachable?: boolean;
  skipUpdateUnreachable?: boolean;
  patchForce?: boolean;
}

/** The object with the kind that its type token names. */
export function withKind(gvk: Gvk, object: KubernetesObject): KubernetesObject {
  return { ...object, apiVersion: apiVersionOf(gvk), kind: gvk.kind };
}

/** The name under which server-side apply knows the resource: asked for, kept in the state, or new. */
export function fieldManagerOf(urn: string, state: PropertyMap, object: KubernetesObject): string {
  return (
    objects.annotation(object, "pulumi.com/patchFieldManager") ??
    stringAt(state, objects.FIELD_MANAGER) ??
    newFieldManager(urn)
  );
}

export function awaitContext(
  { host, signal }: Connection,
  client: KubernetesClient,
  gvk: Gvk,
  { urn, timeout }: { urn: string; timeout: number },
): AwaitContext {
  return { client, host, signal, urn, gvk, timeout };
}

/** How a failed wait left the object. */
export function partial(error: unknown, fallback: KubernetesObject): { object: KubernetesObject; reasons: string[] } {
  return error instanceof AwaitError ? error : { object: fallback, reasons: [] };
}
