import type { FieldSet, KubernetesObject, ManagedField } from "./objects";

/** Who may have written with plain create and update what is applied from now on. */
const FORMER = [
  "before-first-apply",
  "kubectl",
  "pulumi-kubernetes",
  "pulumi-kubernetes.exe",
  "pulumi-resource-kubernetes",
];

/**
 * Objects are created with POST, since an apply would silently take over an object that exists. Server-side apply
 * takes the creator for a stranger and reports conflicts with it: before the first apply its fields are handed over.
 * Returns the JSON patch that does so, or undefined where nothing is to be handed over.
 */
export function handOver(live: KubernetesObject, fieldManager: string): unknown[] | undefined {
  const entries = live.metadata?.managedFields ?? [];
  const moves = entries.filter((entry) => isFormer(entry, fieldManager));
  if (moves.length === 0) return undefined;
  const own = entries.find((entry) => entry.operation === "Apply" && entry.manager === fieldManager);
  const base = own ?? moves[0] ?? {};
  const fieldsV1 = [...moves, ...(own === undefined ? [] : [own])].reduce<FieldSet>(
    (all, entry) => merge(all, entry.fieldsV1 ?? {}),
    {},
  );
  const rest = entries.filter((entry) => entry !== own && !moves.includes(entry));
  return [
    // Someone else may write in between: then this fails, and the next update does it.
    { op: "test", path: "/metadata/resourceVersion", value: live.metadata?.resourceVersion },
    {
      op: "replace",
      path: "/metadata/managedFields",
      value: [...rest, { ...base, manager: fieldManager, operation: "Apply", fieldsV1 }],
    },
  ];
}

/** True when a dry run would conflict with the creator, which the real update hands over first. */
export function needsForce(live: KubernetesObject, fieldManager: string): boolean {
  return (live.metadata?.managedFields ?? []).some((entry) => isFormer(entry, fieldManager));
}

function isFormer(entry: ManagedField, fieldManager: string): boolean {
  if (entry.subresource !== undefined && entry.subresource !== "") return false;
  if (entry.manager === "kubectl") return true;
  return entry.operation === "Update" && (entry.manager === fieldManager || FORMER.includes(entry.manager ?? ""));
}

function merge(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = { ...a };
  for (const [key, fields] of Object.entries(b)) result[key] = merge(result[key] ?? {}, fields);
  return result;
}

/** True when others own the field at `path` and this manager does not: then an ignored field is theirs to set. */
export function ownedByOthers(live: KubernetesObject, fieldManager: string, path: readonly string[]): boolean {
  let others = false;
  for (const entry of live.metadata?.managedFields ?? []) {
    if (!owns(entry.fieldsV1 ?? {}, path)) continue;
    if (entry.manager === fieldManager) return false;
    others = true;
  }
  return others;
}

function owns(fields: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = fields;
  for (const step of path) at = at?.[`f:${step}`];
  return at !== undefined;
}
