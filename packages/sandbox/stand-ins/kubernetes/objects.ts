import type { PropertyMap, Value } from "../values";
import { containsSecret, isMap, revealMap, Secret, stringAt, UNKNOWN } from "../values";
import type { Gvk } from "./kinds";
import { hasStatus } from "./kinds";

/** An object as the API server has it. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata?: {
    name?: string;
    namespace?: string;
    uid?: string;
    generation?: number;
    resourceVersion?: string;
    annotations?: Record<string, string>;
    finalizers?: string[];
    managedFields?: ManagedField[];
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

export interface ManagedField {
  manager?: string;
  operation?: string;
  subresource?: string;
  fieldsV1?: FieldSet;
  [key: string]: unknown;
}

/** Server-side apply's record of fields: `f:NAME` for a member, nested. */
export interface FieldSet {
  [key: string]: FieldSet;
}

/** Members that the SDK writes with underscores, since a dash is no name in some languages. */
const UNDERSCORED = [
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-map-type",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
];
const TO_DASH = new Map(UNDERSCORED.map((name) => [name.replaceAll("-", "_"), name]));
const TO_UNDERSCORE = new Map(UNDERSCORED.map((name) => [name, name.replaceAll("-", "_")]));

/** What the provider keeps beside the object in the state. */
export const INPUTS = "__inputs";
export const FIELD_MANAGER = "__fieldManager";
export const INITIAL_API_VERSION = "__initialApiVersion";

/** Inputs as an object to send: without secret wrappers. */
export function toObject(inputs: PropertyMap): KubernetesObject {
  return rename(revealMap(inputs), TO_DASH) as unknown as KubernetesObject;
}

/** An object that the server answered as properties. */
export function toProperties(object: KubernetesObject): PropertyMap {
  return rename(object as unknown as PropertyMap, TO_UNDERSCORE) as PropertyMap;
}

function rename(value: Value, names: Map<string, string>): Value {
  if (Array.isArray(value)) return value.map((item) => rename(item, names));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [names.get(key) ?? key, rename(item, names)]),
  );
}

/** Splits a state into the inputs it was made from and the live object. */
export function parseState(state: PropertyMap): { inputs: PropertyMap; live: PropertyMap } {
  const { [INPUTS]: inputs, [FIELD_MANAGER]: _manager, [INITIAL_API_VERSION]: _version, ...live } = revealMap(state);
  return { inputs: isMap(inputs) ? inputs : {}, live };
}

/** Puts a state together: the live object with the inputs' secrets marked again, and the inputs beside it. */
export function stateOf(
  inputs: PropertyMap,
  live: PropertyMap,
  secretsFrom: PropertyMap,
  fieldManager: string,
): PropertyMap {
  const apiVersion = stringAt(inputs, "apiVersion") ?? stringAt(live, "apiVersion") ?? "";
  return {
    ...markSecrets(live, secretsFrom),
    [INPUTS]: markSecrets(inputs, secretsFrom),
    [INITIAL_API_VERSION]: apiVersion,
    [FIELD_MANAGER]: fieldManager,
  };
}

/**
 * Carries secretness from `from` to the same places of `values`. A list with a secret in it becomes secret as a
 * whole, since its order may change; a Secret's data and stringData always are.
 */
export function markSecrets(values: PropertyMap, from: PropertyMap): PropertyMap {
  const marked: PropertyMap = { ...values };
  if (values["kind"] === "Secret") {
    for (const key of ["data", "stringData"]) {
      const value = marked[key];
      if (value !== undefined && !(value instanceof Secret)) marked[key] = new Secret(value);
    }
  }
  for (const [key, source] of Object.entries(from)) {
    const value = marked[key];
    if (value === undefined || value instanceof Secret) continue;
    if (isMap(value) && isMap(source)) marked[key] = markSecrets(value, source);
    else if (containsSecret(source)) marked[key] = new Secret(value);
  }
  return marked;
}

/** The live object reduced to what the inputs speak of, so that the server's own fields are no difference. */
export function prune(live: PropertyMap, inputs: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(live)
      .filter(([key]) => inputs[key] !== undefined)
      .map(([key, value]) => [key, pruneValue(value, inputs[key] ?? null)]),
  );
}

function pruneValue(live: Value, input: Value): Value {
  if (isMap(live) && isMap(input)) return prune(live, input);
  if (Array.isArray(live) && Array.isArray(input)) {
    return live.slice(0, input.length).map((item, i) => pruneValue(item, input[i] ?? null));
  }
  return live;
}

const SERVER_METADATA = ["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"];
/** A Service gets these from pools: what a dry run answers is not what the real one will. */
const ALLOCATED = ["clusterIP", "clusterIPs", "healthCheckNodePort"];

/**
 * The state that a preview of a new object shows. Whatever only the server can say is unknown: were it left out, a
 * program that copies it (an annotation with a uid) would lose the annotation from the preview without a word [run],
 * and a dry run's own uid is one that will never exist.
 */
export function previewOfNew(gvk: Gvk, inputs: PropertyMap, live: PropertyMap): PropertyMap {
  const state: PropertyMap = { ...live };
  // Metadata that is unknown or secret as a whole stays so.
  if (isMap(live["metadata"])) {
    state["metadata"] = { ...live["metadata"], ...Object.fromEntries(SERVER_METADATA.map((key) => [key, UNKNOWN])) };
  }
  if (hasStatus(gvk)) state["status"] = UNKNOWN;
  else delete state["status"];
  if (gvk.kind === "Service" && isMap(state["spec"])) {
    const asked = isMap(inputs["spec"]) ? inputs["spec"] : {};
    const allocated = ALLOCATED.filter((key) => asked[key] === undefined);
    state["spec"] = { ...state["spec"], ...Object.fromEntries(allocated.map((key) => [key, UNKNOWN])) };
  }
  return state;
}

/** The same for an update: identity stays, versions will change. */
export function previewOfUpdate(live: PropertyMap): PropertyMap {
  const metadata = live["metadata"];
  if (!isMap(metadata)) return live;
  const moving = ["generation", "managedFields", "resourceVersion"].filter((key) => key in metadata);
  return { ...live, metadata: { ...metadata, ...Object.fromEntries(moving.map((key) => [key, UNKNOWN])) } };
}

/** The same for an update that cannot be tried out: the new inputs, and what the server said of the object before. */
export function previewFromOld(olds: PropertyMap, news: PropertyMap): PropertyMap {
  const { live } = parseState(olds);
  const before = isMap(live["metadata"]) ? live["metadata"] : {};
  const kept = Object.fromEntries(
    SERVER_METADATA.filter((key) => key in before).map((key) => [key, before[key] ?? null]),
  );
  const state: PropertyMap = live["status"] === undefined ? { ...news } : { status: live["status"], ...news };
  if (isMap(news["metadata"])) state["metadata"] = { ...kept, ...news["metadata"] };
  return previewOfUpdate(state);
}

/** Inputs for an object that no program described yet (`.get`, import): the object without what the server keeps. */
export function inputsFromLive(live: PropertyMap): PropertyMap {
  const { status: _status, ...inputs } = live;
  const metadata = { ...(isMap(live["metadata"]) ? live["metadata"] : {}) };
  for (const key of SERVER_METADATA) delete metadata[key];
  if (isMap(metadata["annotations"])) {
    const {
      "deployment.kubernetes.io/revision": _revision,
      "kubectl.kubernetes.io/last-applied-configuration": _applied,
      ...annotations
    } = metadata["annotations"];
    metadata["annotations"] = annotations;
  }
  return { ...inputs, metadata };
}

/** `namespace/name`, or `name` for objects outside namespaces. */
export function idOf(object: KubernetesObject): string {
  const { namespace, name = "" } = object.metadata ?? {};
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

export function parseId(id: string): { namespace: string | undefined; name: string } {
  const slash = id.indexOf("/");
  return slash < 0 ? { namespace: undefined, name: id } : { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

export function annotation(object: KubernetesObject | PropertyMap, name: string): string | undefined {
  const metadata = object["metadata"] as PropertyMap | undefined;
  const annotations = isMap(metadata) ? metadata["annotations"] : undefined;
  return isMap(annotations) ? stringAt(annotations, name) : undefined;
}
