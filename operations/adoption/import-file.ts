import type { RecordedResource } from "../recording/record-program";
import type { TakenOver } from "./objects";

/** An entry of the file that `pulumi import --file` takes. */
export interface ImportEntry {
  type: string;
  name: string;
  component?: true;
  id?: string;
  parent?: string;
  provider?: string;
  inputs?: Record<string, unknown>;
}

/**
 * The import block: the provider, the components on the way, and each object that is imported; pure.
 *
 * @param inState logical names that the stack's state has already, with their URNs
 */
export function importFile(
  resources: readonly RecordedResource[],
  { takenOver }: { takenOver: readonly TakenOver[] },
  inState: ReadonlyMap<string, string>,
): { nameTable: Record<string, string>; resources: ImportEntry[] } {
  // The stack itself is there in any case, and is what an entry without a parent belongs to.
  const byName = new Map(
    resources.filter(({ type }) => type !== "pulumi:pulumi:Stack").map((resource) => [resource.name, resource]),
  );
  const nameTable: Record<string, string> = {};
  const entries = new Map<string, ImportEntry>();
  const add = (name: string): void => {
    const resource = byName.get(name);
    if (resource === undefined || entries.has(name)) return;
    const urn = inState.get(name);
    if (urn !== undefined) {
      nameTable[name] = urn;
      return;
    }
    if (resource.type.startsWith("pulumi:providers:"))
      entries.set(name, { type: resource.type, name, inputs: resource.inputs });
    else {
      add(resource.parent);
      entries.set(name, { type: resource.type, name, component: true, ...parentOf(resource) });
    }
  };
  const parentOf = ({ parent }: RecordedResource): { parent?: string } => (byName.has(parent) ? { parent } : {});
  for (const { resource, live, how } of takenOver) {
    if (how !== "import" || inState.has(resource.name)) continue;
    add(resource.options.provider);
    add(resource.parent);
    const { namespace, name } = live.metadata;
    entries.set(resource.name, {
      type: resource.type,
      name: resource.name,
      id: namespace === undefined ? name : `${namespace}/${name}`,
      ...parentOf(resource),
      provider: resource.options.provider,
    });
  }
  return { nameTable, resources: [...entries.values()] };
}
