import { UserError, type Problem } from "../kit/user-error";
import {
  ephemeral,
  Hidden,
  placeOf,
  sensitive,
  type TerraformEntries,
  type TerraformEntry,
  type TerraformValue,
} from "./values";

/** What a block `variable` or `output` says. An argument that it does not have stays as another block has it. */
export interface Declaration {
  kind: "variable" | "output";
  name: string;
  default?: TerraformValue;
  sensitive?: boolean;
  ephemeral?: boolean;
  nullable?: boolean;
  file: string;
  /** From 1; undefined if nobody asked for the line of this name. */
  line: number | undefined;
}

/** What one file holds. */
export interface Source {
  /** The folder of the file: Terraform reads the files of one folder as one module. */
  module: string;
  /** Terraform merges its blocks into those of the other files. */
  override: boolean;
  /** All files of the module are read, so that what none of them declares is not declared. */
  whole: boolean;
  declarations: readonly Declaration[];
  values: TerraformEntries;
}

/**
 * The values of all sources. A later value wins, and a default counts only if nobody sets the variable, in whatever
 * order the files come. A name that one source hides is hidden in all of them.
 *
 * @throws UserError if a module declares something twice, or overrides what it does not declare: Terraform refuses it
 */
export function joinSources(sources: readonly Source[]): TerraformEntries {
  const declared = mergeDeclarations(sources);
  const defaults: TerraformEntries = new Map();
  const entries: TerraformEntries = new Map();
  const hidden = new Map<string, TerraformEntry>();
  for (const { name, file, line, default: value, ...marks } of declared) {
    const mark = marks.ephemeral === true ? ephemeral : marks.sensitive === true ? sensitive : undefined;
    if (mark !== undefined) hidden.set(name, { value: mark, file, line });
    if (marks.kind === "variable" && value !== undefined) defaults.set(name, { value, file, line, isDefault: true });
  }
  for (const { values } of sources)
    for (const [name, entry] of values) {
      entries.set(name, entry);
      if (entry.value instanceof Hidden) hidden.set(name, entry);
    }
  const notNull = new Set(declared.filter(({ nullable }) => nullable === false).map(({ name }) => name));
  for (const [name, entry] of defaults) {
    const given = entries.get(name);
    if (given === undefined || (given.value === null && notNull.has(name))) entries.set(name, entry);
  }
  for (const [name, mark] of hidden) entries.set(name, { ...mark, ...entries.get(name), value: mark.value });
  return entries;
}

/** The declarations of every module, each with what the module's override files change in it. */
function mergeDeclarations(sources: readonly Source[]): Declaration[] {
  const problems: Problem[] = [];
  const merged = new Map<string, Declaration>();
  for (const { module, override, whole, declarations } of [
    ...sources.filter((source) => !source.override),
    ...sources.filter((source) => source.override),
  ])
    for (const declaration of declarations) {
      const key = JSON.stringify([module, declaration.kind, declaration.name]);
      const before = merged.get(key);
      if (override && before === undefined && whole) problems.push(overridesNothing(declaration));
      else if (!override && before !== undefined) problems.push(declaredTwice(declaration, before));
      merged.set(key, override && before !== undefined ? overridden(before, declaration) : declaration);
    }
  if (problems.length > 0) throw new UserError(problems, "nothing was compared");
  return [...merged.values()];
}

/** Argument by argument, as Terraform merges them; the place is that of the value. */
function overridden(before: Declaration, after: Declaration): Declaration {
  const { file, line } = after.default === undefined ? before : after;
  return { ...before, ...after, file, line };
}

const declaredTwice = (declaration: Declaration, before: Declaration): Problem => ({
  file: placeOf(declaration),
  key: declaration.name,
  problem:
    declaration.file === before.file
      ? `the ${declaration.kind} is declared twice`
      : `the ${declaration.kind} is declared already in ${placeOf(before)}`,
  remedy: "remove one, as terraform validate demands; what shall change another file's block belongs in override.tf",
});

const overridesNothing = (declaration: Declaration): Problem => ({
  file: placeOf(declaration),
  key: declaration.name,
  problem: `the ${declaration.kind} is overridden here, but no other file of the folder declares it`,
  remedy: "declare it in a file that is no override file, as terraform validate demands",
});
