import { stringify } from "yaml";

import { names } from "../../settings/names";
import { isMarkedSecret, type RecordedResource } from "./record-program";

/** What stands where a secret's value would. */
export const redacted = "[secret]";

type PlainObject = Record<string, unknown>;

// The order in which a person reads them and in which `kubectl apply` succeeds.
const kindOrder = [
  "Namespace",
  "ServiceAccount",
  "ClusterRole",
  "ClusterRoleBinding",
  "ConfigMap",
  "Secret",
  "NetworkPolicy",
  "DaemonSet",
  "PodMonitor",
  "PrometheusRule",
];

/** The Kubernetes objects that the program creates, without what it only reads and without providers. */
export function kubernetesObjects(resources: readonly RecordedResource[]): PlainObject[] {
  return resources
    .filter((resource) => resource.type.startsWith("kubernetes:") && resource.custom && !resource.read)
    .map(({ inputs }) => withoutSecret(inputs) ?? withReadableSecret(redactSecrets(inputs) as PlainObject))
    .sort((a, b) => rank(a) - rank(b) || nameOf(a).localeCompare(nameOf(b)));
}

/** The objects as one YAML stream: stable order, sorted keys, text with line breaks as blocks. */
export function toYaml(objects: readonly PlainObject[]): string {
  return objects
    .map((object) => stringify(inUsualOrder(object), { lineWidth: 0, blockQuote: "literal", sortMapEntries: false }))
    .join("---\n");
}

/** The value with every part that the program marked secret replaced by `[secret]`. */
export function redactSecrets(value: unknown): unknown {
  if (isMarkedSecret(value)) return redactLeaves(value.value);
  if (Array.isArray(value)) return value.map(redactSecrets);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactSecrets(inner)]));
  return value;
}

// The keys of a secret map are no secret and tell which files the pod gets.
function redactLeaves(value: unknown): unknown {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.keys(value).map((key) => [key, redacted]));
  return redacted;
}

// `data` has to be base64, which `[secret]` is not: as stringData the object stays one that an API server takes.
function withReadableSecret(object: PlainObject): PlainObject {
  if (object["kind"] !== "Secret") return object;
  const { data, ...rest } = object;
  return { ...rest, stringData: data };
}

// Every Secret's data is marked by the SDK. In this one nothing is secret: whoever applies these objects needs its text.
function withoutSecret({ data, ...rest }: PlainObject): PlainObject | undefined {
  if (rest["kind"] !== "Secret" || nameOf(rest) !== names.dataSource) return undefined;
  const files = (isMarkedSecret(data) ? data.value : data) as Record<string, string>;
  const decoded = Object.entries(files).map(([key, text]) => [key, Buffer.from(text, "base64").toString("utf8")]);
  return { ...rest, stringData: Object.fromEntries(decoded) as PlainObject };
}

/** The same value with sorted keys at every level, so that two runs print the same text. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

function inUsualOrder(object: PlainObject): PlainObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata: sortKeys(metadata), ...(sortKeys(rest) as PlainObject) };
}

function rank(object: PlainObject): number {
  const index = kindOrder.indexOf(String(object["kind"]));
  return index === -1 ? kindOrder.length : index;
}

function nameOf(object: PlainObject): string {
  return String((object["metadata"] as PlainObject | undefined)?.["name"] ?? "");
}
