import { isDeepStrictEqual } from "node:util";

import { formatPath, pathContains, type PathStep } from "../../kit/property-path";

type Value = Record<string, unknown>;

/** Something in an object that the program does not ask for. */
export interface Addition {
  path: PathStep[];
  found: unknown;
}

const isObject = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the engine prints for a secret. */
export const masked = "[secret]";

/**
 * What somebody has added to an object; pure. The engine's diff does not show it, because a refresh keeps only the
 * fields that the program sets, and of a list only as many entries. It is found in two ways: entries of lists and keys
 * of `data` by comparing, and every other field by its owner, which the API server writes down (`managedFields`).
 *
 * @param asked the object as the program asks for it
 * @param live the object as it is
 */
export function additionsIn(asked: Value, live: Value): Addition[] {
  const all = [...inListsAndData(asked, live, []), ...ownedByOthers(asked, live)];
  const distinct = new Map(all.map((addition) => [formatPath(addition.path), addition]));
  // One that lies in another goes with it.
  return [...distinct.values()].filter(
    ({ path }) => ![...distinct.values()].some((other) => other.path !== path && pathContains(other.path, path)),
  );
}

function inListsAndData(asked: unknown, live: unknown, path: PathStep[]): Addition[] {
  if (Array.isArray(asked) && Array.isArray(live)) {
    const more = live
      .slice(asked.length)
      .map((found, i) => ({ path: [...path, asked.length + i], found: found as unknown }));
    return [...asked.flatMap((item, i) => inListsAndData(item, live[i], [...path, i])), ...more];
  }
  if (!isObject(asked) || !isObject(live)) return [];
  const inside = Object.keys(asked).flatMap((key) => inListsAndData(asked[key], live[key], [...path, key]));
  const keys = path.length === 1 && path[0] === "data" ? Object.keys(live).filter((key) => !(key in asked)) : [];
  return [...inside, ...keys.map((key) => ({ path: [...path, key], found: live[key] }))];
}

interface ManagedFields {
  manager?: string;
  subresource?: string;
  fieldsV1?: Value;
}

/** Who writes into our objects by its office, such as the controller of DaemonSets, and that of image pull secrets. */
const controllers = /^(kube-controller-manager|openshift-controller-manager)$/;

function ownedByOthers(asked: Value, live: Value): Addition[] {
  const { managedFields = [] } = (live["metadata"] ?? {}) as { managedFields?: ManagedFields[] };
  return managedFields
    .filter(({ manager = "", subresource }) => !subresource && !/^pulumi-/.test(manager) && !controllers.test(manager))
    .flatMap(({ fieldsV1 = {} }) => notAsked(fieldsV1, asked, live, []))
    .filter(({ path }) => counts(path, live["kind"]));
}

/**
 * Walks the fields that a manager owns. Source of their form: sigs.k8s.io/structured-merge-diff, value
 * `f:NAME`, `k:{KEYS OF AN ENTRY}`, `v:ENTRY` and `i:INDEX`; `.` is the field itself.
 */
function notAsked(fields: Value, asked: unknown, live: unknown, path: PathStep[]): Addition[] {
  return Object.entries(fields).flatMap(([element, below]): Addition[] => {
    const step = stepOf(element, live);
    if (step === undefined || asked === masked) return [];
    const found: unknown = Reflect.get(live as object, step);
    const place = [...path, step];
    const wanted = wantedAt(element, asked);
    if (wanted === undefined) return [{ path: place, found }];
    const inner = Object.keys(below as Value).filter((key) => key !== ".");
    return inner.length > 0 ? notAsked(below as Value, wanted, found, place) : moreKeys(wanted, found, place);
  });
}

/**
 * The keys that somebody has added to a Secret; pure. The engine masks its data as a whole: what keys there are is in
 * the notes of who owns them.
 */
export function addedKeys(asked: readonly string[], live: Value): Addition[] {
  const { managedFields = [] } = (live["metadata"] ?? {}) as { managedFields?: ManagedFields[] };
  const keys = managedFields.flatMap(({ fieldsV1 }) => Object.keys((fieldsV1?.["f:data"] ?? {}) as Value));
  const there = [...new Set(keys)].flatMap((key) => (key.startsWith("f:") ? [key.slice(2)] : []));
  return there.filter((key) => !asked.includes(key)).map((key) => ({ path: ["data", key], found: masked }));
}

/** Where in the object an element of the fields is; undefined if it is there no more, or names the field itself. */
function stepOf(element: string, live: unknown): PathStep | undefined {
  const [kind, name = ""] = [element.slice(0, 2), element.slice(2)];
  if (kind === "f:") return isObject(live) && name in live ? name : undefined;
  if (!Array.isArray(live)) return undefined;
  const index = kind === "i:" ? Number(name) : live.findIndex((entry) => isEntry(kind, name, entry));
  return index >= 0 && index < live.length ? index : undefined;
}

function wantedAt(element: string, asked: unknown): unknown {
  const [kind, name = ""] = [element.slice(0, 2), element.slice(2)];
  if (kind === "f:") return isObject(asked) ? asked[name] : undefined;
  if (!Array.isArray(asked)) return undefined;
  return kind === "i:" ? (asked[Number(name)] as unknown) : asked.find((entry) => isEntry(kind, name, entry));
}

function isEntry(kind: string, name: string, entry: unknown): boolean {
  const wanted: unknown = JSON.parse(name);
  if (kind === "v:") return isDeepStrictEqual(entry, wanted);
  if (kind !== "k:" || !isObject(entry) || !isObject(wanted)) return false;
  // A key that the program leaves out has its default, such as the protocol of a port.
  const keys = Object.keys(wanted).filter((key) => key in entry);
  return keys.length > 0 && keys.every((key) => isDeepStrictEqual(entry[key], wanted[key]));
}

/** A field that is owned as a whole, such as a selector, may have more in it than is asked for. */
function moreKeys(asked: unknown, live: unknown, path: PathStep[]): Addition[] {
  if (!isObject(asked) || !isObject(live)) return [];
  return Object.entries(live).flatMap(([key, found]) =>
    key in asked ? moreKeys(asked[key], found, [...path, key]) : [{ path: [...path, key], found }],
  );
}

const restartedAt = "kubectl.kubernetes.io/restartedAt";

/**
 * Whether a field that somebody else owns is drift. Annotations of an object are the place where tools of a cluster
 * leave their notes, and so are the labels of a namespace, but for those of Pod Security; a restart by hand is none.
 */
function counts(path: readonly PathStep[], kind: unknown): boolean {
  const [first, second, third] = path;
  if (first === "status" || path.at(-1) === restartedAt) return false;
  if (first !== "metadata") return true;
  if (second === "labels" && kind === "Namespace") return String(third).startsWith("pod-security.kubernetes.io/");
  return second === "labels" || second === "finalizers" || second === "ownerReferences";
}
