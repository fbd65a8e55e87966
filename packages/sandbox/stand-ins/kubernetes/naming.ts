import * as crypto from "node:crypto";
import type { CheckRequest } from "../provider";
import type { PropertyMap } from "../values";
import { isMap, stringAt, Unknown } from "../values";
import { annotation } from "./objects";

/** Marks an object whose name was made up, so that a replacement may get another one and be created first. */
const AUTONAMED = "pulumi.com/autonamed";

export const isAutonamed = (object: PropertyMap): boolean => annotation(object, AUTONAMED) === "true";

/**
 * Gives an object without `metadata.name` a name: the one it had, or the logical name with eight random characters.
 * The random ones come from the engine's seed, so that preview and update agree.
 */
export function assignName(inputs: PropertyMap, request: CheckRequest): PropertyMap {
  const metadata = inputs["metadata"];
  if (metadata instanceof Unknown) return inputs;
  const given = isMap(metadata) ? metadata : {};
  if (given["name"] !== undefined || given["generateName"] !== undefined) return inputs;
  const olds = isMap(request.olds["metadata"]) ? request.olds["metadata"] : {};
  const old = isAutonamed(request.olds) ? stringAt(olds, "name") : undefined;
  return named(inputs, given, old ?? newName(request));
}

function newName({ name, autonaming, randomSeed }: CheckRequest): string {
  if (autonaming?.mode === "disable") {
    throw new Error("autonaming is disabled, resource requires the `.metadata.name` field to be set");
  }
  if (autonaming !== undefined && autonaming.proposedName !== "") return autonaming.proposedName;
  const seed = randomSeed.length > 0 ? randomSeed : crypto.randomBytes(16);
  return `${name}-${crypto.createHash("sha256").update(seed).digest("hex").slice(0, 8)}`;
}

function named(inputs: PropertyMap, metadata: PropertyMap, name: string): PropertyMap {
  const annotations = isMap(metadata["annotations"]) ? metadata["annotations"] : {};
  return { ...inputs, metadata: { ...metadata, name, annotations: { ...annotations, [AUTONAMED]: "true" } } };
}

/** The field manager of a resource: kept in its state, since server-side apply knows an owner by this name only. */
export function newFieldManager(urn: string): string {
  // The official plugin draws it at random; from the URN it is the same in preview and update.
  return `pulumi-kubernetes-${crypto.createHash("sha256").update(urn).digest("hex").slice(0, 8)}`;
}
