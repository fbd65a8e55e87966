/** What a run of the engine did, from its summary. */
export interface EngineSummary {
  /** Operation to number of resources: `create`, `update`, `replace`, `delete`, `same`. */
  changes: Record<string, number>;
  /** Policy packs that ran, as the engine names them. */
  packs: string[];
}

const operations: Record<string, string> = {
  created: "create",
  "to create": "create",
  updated: "update",
  "to update": "update",
  replaced: "replace",
  "to replace": "replace",
  deleted: "delete",
  "to delete": "delete",
  unchanged: "same",
};

/** Reads the parts `Resources:` and `Policies:` of what the engine printed. */
export function readPlan(output: string): EngineSummary {
  const changes: Record<string, number> = {};
  for (const [, count, words] of output.matchAll(
    /^\s+(?:[+~-]+\s*|\d+ changes?\. )?(\d+) (created|updated|replaced|deleted|unchanged|to (?:create|update|replace|delete))\b/gm,
  )) {
    const operation = operations[words ?? ""];
    if (operation !== undefined) changes[operation] = Number(count);
  }
  const packs = [...output.matchAll(/✅ (\S+@v\S+)/g)].map(([, pack = ""]) => pack);
  return { changes, packs: [...new Set(packs)] };
}

/** One line: `21 created`, or `no changes, 21 resources as they were`. */
export function describeChanges({ changes }: EngineSummary): string {
  const same = changes["same"] ?? 0;
  const parts = (["create", "update", "replace", "delete"] as const).flatMap((operation) => {
    const count = changes[operation];
    return count === undefined ? [] : [`${count} ${operation}d`];
  });
  if (parts.length === 0) return `no changes, ${same} resources as they were`;
  return [...parts, ...(same > 0 ? [`${same} unchanged`] : [])].join(", ");
}
