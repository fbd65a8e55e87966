/** Major, minor, patch. */
export type Version = readonly [number, number, number];

/**
 * The first version in a text such as `Kubernetes v1.37.2` or `prometheus, version 2.42.0+ds (branch: …)`, or
 * undefined where there is none. Suffixes of builds and pre-releases are left out: they do not decide what a tool can.
 */
export function findVersion(text: string): Version | undefined {
  const found = /(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
}

/** `1.37.2` for [1, 37, 2]. */
export function formatVersion(version: Version): string {
  return version.join(".");
}

/** Negative where a is older than b, 0 where they are equal. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

const comparators: Record<string, (order: number) => boolean> = {
  ">=": (order) => order >= 0,
  ">": (order) => order > 0,
  "<=": (order) => order <= 0,
  "<": (order) => order < 0,
  "=": (order) => order === 0,
};

/**
 * Whether a version lies in a range: comparators with full versions, separated by blanks, that all have to hold, such
 * as `>=1.37.0 <1.38.0`. Throws on a range that reads otherwise, since ranges are ours.
 */
export function satisfies(version: Version, range: string): boolean {
  const terms = range.split(" ").map((term) => {
    const parts = /^(>=|>|<=|<|=)(\d+)\.(\d+)\.(\d+)$/.exec(term);
    const holds = comparators[parts?.[1] ?? ""];
    if (parts === null || holds === undefined) throw new Error(`not a version range: "${range}"`);
    return holds(compareVersions(version, [Number(parts[2]), Number(parts[3]), Number(parts[4])]));
  });
  return terms.every(Boolean);
}
