import type { Base } from "./bases";
import { describeMutation, mutate, type Mutation } from "./mutation";

/**
 * The closed world: it refuses whatever is not on its list, and so all that any other rule for collectors refuses. Those
 * stand behind it for the day on which somebody changes the list as well: beside one of them it does not count.
 */
export const closedWorld: readonly string[] = ["alloy-resources", "alloy-fields", "alloy-complete"];

/** The rules that would have to refuse it in place of this one. */
export const othersThan = (rule: string, refusing: Iterable<string>): string[] =>
  [...refusing].filter((name) => name !== rule && (closedWorld.includes(rule) || !closedWorld.includes(name)));

/** How one rule fared. */
export interface KillRow {
  rule: string;
  total: number;
  /** Mutations that the rule refuses. */
  killed: number;
  /** Those that no other rule refuses: they would survive without it. */
  alone: number;
  /** What the rule let through. */
  survivors: string[];
  /** The first mutation of a stack that no other rule refuses. */
  needsRule?: Mutation;
}

/** Judges every mutation by the rule that it is made for, and by all others. */
export function killTable(
  rules: readonly string[],
  mutations: readonly Mutation[],
  bases: ReadonlyMap<string, Base>,
): KillRow[] {
  const rows = new Map<string, KillRow>(
    rules.map((rule) => [rule, { rule, total: 0, killed: 0, alone: 0, survivors: [] }]),
  );
  for (const mutation of mutations) {
    const base = bases.get(mutation.base);
    const row = rows.get(mutation.rule);
    if (base === undefined || row === undefined) throw new Error(`no such base or rule: ${describeMutation(mutation)}`);
    const refusing = base.judge(mutate(base.resources, mutation));
    count(row, refusing, describeMutation(mutation));
    if (refusing.has(row.rule) && othersThan(row.rule, refusing.keys()).length === 0) row.needsRule ??= mutation;
  }
  return [...rows.values()];
}

/** Adds one mutation to the row of the rule that it is made for. */
export function count(row: KillRow, refusing: ReadonlyMap<string, unknown>, what: string): void {
  row.total += 1;
  if (!refusing.has(row.rule)) row.survivors.push(what);
  else {
    row.killed += 1;
    if (othersThan(row.rule, refusing.keys()).length === 0) row.alone += 1;
  }
}

/** The table as it is printed. */
export function formatTable(rows: readonly KillRow[]): string {
  const width = Math.max(...rows.map(({ rule }) => rule.length));
  const lines = rows.map(
    ({ rule, killed, total, alone }) =>
      `${rule.padEnd(width)}  ${`${killed}/${total}`.padStart(7)}  ${String(alone).padStart(5)}`,
  );
  const sum = rows.reduce((all, { killed, total }) => ({ killed: all.killed + killed, total: all.total + total }), {
    killed: 0,
    total: 0,
  });
  return [
    `${"rule".padEnd(width)}   killed  alone`,
    ...lines,
    `${"all".padEnd(width)}  ${`${sum.killed}/${sum.total}`.padStart(7)}`,
  ].join("\n");
}
