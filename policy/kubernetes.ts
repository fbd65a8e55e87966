import type { Report, Resource, ResourceCheck, RuleConfig } from "./rule";
import { isKnownGroup } from "./scopes";
import { asArray, asObject, at, eachItem, fieldPath, guarded, isAbsent, settled, text, type Plain } from "./values";

/** One Kubernetes object: a resource's own, or an item of a List. */
export interface KubernetesObject {
  /** API group, empty for the core group. */
  group: string;
  version: string;
  /** Kind without `Patch`. */
  kind: string;
  /** The resource changes an object that somebody else owns. */
  patch: boolean;
  props: Plain;
  /** Path of the object inside its resource: empty, or `items[0]`. */
  path: string;
  resource: Resource;
}

// Resources of the Kubernetes package that make objects which are not in the program.
const makers = ["helm.sh", "yaml", "kustomize"];

/**
 * Group, version and kind of a type token; undefined for what is no Kubernetes object. A custom resource's version may
 * have any name, but its group then is a domain: `kubernetes:index/podV1:PodV1` is a type of another package's.
 */
export function parseToken(type: string): Token | undefined {
  if (!parsed.has(type)) parsed.set(type, parse(type));
  return parsed.get(type);
}

type Token = Readonly<{ group: string; version: string; kind: string }>;

// Each rule asks for each resource, and a stack has few types.
const parsed = new Map<string, Token | undefined>();

function parse(type: string): Token | undefined {
  const match = /^kubernetes:(?:([^:/]+)\/)?([^:/]+):([^:/]+)$/.exec(type);
  if (!match) return undefined;
  const [, written = "", version = "", kind = ""] = match;
  const group = written === "core" ? "" : written;
  if (makers.includes(group) || !(group.includes(".") || (isKnownGroup(group) && /^v\d/.test(version))))
    return undefined;
  return { group, version, kind };
}

/** `apps/v1` to group and version, `v1` to the core group. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/**
 * The objects of a resource, items of a List one by one. The token decides group and kind, as the engine's provider
 * does not; `kubernetes-typed` refuses a resource whose own `kind` says something else.
 */
export function eachObject(resource: Resource, report: Report, look: (object: KubernetesObject) => void): void {
  const token = parseToken(resource.type);
  if (token === undefined) return;
  const { group, version } = token;
  if (token.kind.endsWith("List")) {
    guarded(report, () => eachListed(resource.props["items"], { ...token, path: "items" }, resource, report, look));
    // A custom kind may be called AllowList and be no list: it is then an object of its own.
    if (isKnownGroup(group)) return;
  }
  const patch = isPatch(token, resource.props["kind"]);
  const kind = patch ? token.kind.slice(0, -"Patch".length) : token.kind;
  guarded(report, () => look({ group, version, kind, patch, props: resource.props, path: "", resource }));
}

/** Items of a List, and of Lists in it. `of` is the List: an item that says nothing of itself is what the List is of. */
function eachListed(
  items: unknown,
  of: Token & { path: string },
  resource: Resource,
  report: Report,
  look: (object: KubernetesObject) => void,
): void {
  eachItem(items, of.path, report, (item, path) => {
    const props = asObject(item);
    const own = text(props["apiVersion"]);
    const kind = text(props["kind"]) || of.kind.slice(0, -"List".length);
    const place = own === "" ? { group: of.group, version: of.version } : parseApiVersion(own);
    look({ ...place, kind, patch: false, props, path, resource });
    if (kind.endsWith("List") && Array.isArray(props["items"]))
      guarded(report, () =>
        eachListed(props["items"], { ...place, kind, path: `${path}.items` }, resource, report, look),
      );
  });
}

// A custom kind may really be called FooPatch; its objects then say so themselves. Kubernetes has no such kind.
function isPatch({ group, kind }: { group: string; kind: string }, ownKind: unknown): boolean {
  return kind.endsWith("Patch") && (isAbsent(ownKind) || ownKind !== kind || isKnownGroup(group));
}

/** A check of every object for which `applies` holds. */
export function onObjects(
  applies: (object: KubernetesObject) => boolean,
  look: (object: KubernetesObject, report: Report, config: RuleConfig) => void,
): ResourceCheck {
  return (resource, report, config) =>
    eachObject(resource, report, (object) => {
      if (applies(object)) look({ ...object, props: settled(object.props) }, report, config);
    });
}

/** Whether the object is one of the kinds, in the given API group, whatever the version. */
export function isKind(object: { group: string; kind: string }, group: string, ...kinds: string[]): boolean {
  return object.group === group && kinds.includes(object.kind);
}

/** All objects of a stack, for checks of the whole. */
export function objectsOf(
  resources: readonly Resource[],
  reportOn: (resource: Resource | undefined) => Report,
): KubernetesObject[] {
  const objects: KubernetesObject[] = [];
  for (const resource of resources) eachObject(resource, reportOn(resource), (object) => objects.push(object));
  return objects;
}

/** Path of a field of the object inside its resource. */
export function pathIn(object: KubernetesObject, ...fields: string[]): string {
  return fields.reduce(fieldPath, object.path);
}

/** `metadata.name`, empty where there is none. */
export function nameOf(object: KubernetesObject): string {
  return text(asObject(object.props["metadata"])["name"]);
}

export function namespaceOf(object: KubernetesObject): string {
  return text(asObject(object.props["metadata"])["namespace"]);
}

/** A label or an annotation of the object's own, empty where there is none. */
export function markOf(object: KubernetesObject, marks: "labels" | "annotations", key: string): unknown {
  return at(object.props, "metadata", marks, key);
}

/** Whether `labels` has every label of a selector's matchLabels and meets its matchExpressions. */
export function selects(selector: unknown, labels: Plain): boolean {
  const { matchLabels, matchExpressions } = asObject(selector);
  const wanted = asObject(matchLabels);
  if (!Object.keys(wanted).every((key) => labels[key] === wanted[key])) return false;
  return asArray(matchExpressions).every((expression) => {
    const { key, operator, values } = asObject(expression);
    const value = labels[text(key)];
    const listed = asArray(values).some((one) => one === value);
    if (operator === "In") return listed;
    if (operator === "NotIn") return !listed;
    if (operator === "Exists") return value !== undefined;
    return operator === "DoesNotExist" && value === undefined;
  });
}
