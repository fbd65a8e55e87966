import type { Acknowledged } from "./acknowledged";

/** A variable that the pipeline reads with `sys.env`. */
export interface EnvNeed {
  name: string;
  why: string;
}

/** What one component asks of the Kubernetes API. `group` is empty for the core group. */
export interface PermissionNeed {
  group: string;
  resource: string;
  verbs: string[];
  why: string;
}

/** A credential read from a file: `secretKey` of the Secret, mounted at `path`. */
export interface FileNeed {
  secretKey: string;
  path: string;
  why: string;
}

/** A directory of the node that the pipeline reads and never writes. */
export interface ReadPathNeed {
  path: string;
  /** The group that may read what lies there; the collector's user joins it. */
  group: number;
  why: string;
}

/** A token of the collector's ServiceAccount for somebody other than the API server, as a file. */
export interface TokenNeed {
  audience: string;
  path: string;
  why: string;
}

/** An address that the pipeline sends to. */
export interface EgressNeed {
  host: string;
  port: number;
  why: string;
}

/** Alloy's own levels, the laxest component decides. */
export type Stability = "generally-available" | "public-preview" | "experimental";

/** Everything that a pipeline needs from its surroundings: ClusterRole, env, mounts and egress are computed from it. */
export interface PipelineNeeds {
  env: EnvNeed[];
  permissions: PermissionNeed[];
  files: FileNeed[];
  tokens: TokenNeed[];
  writablePaths: string[];
  readPaths: ReadPathNeed[];
  egress: EgressNeed[];
  stability: Stability;
  /** Where delivery is at-least-once: whose positions start a collector only once they are answered for. */
  acknowledged?: Acknowledged;
}

/** The needs of a pipeline without a section. */
export const noNeeds: PipelineNeeds = {
  env: [],
  permissions: [],
  files: [],
  tokens: [],
  writablePaths: [],
  readPaths: [],
  egress: [],
  stability: "generally-available",
};

const levels: Stability[] = ["generally-available", "public-preview", "experimental"];

/**
 * The sum of what sections need: each variable, path, file and address once, verbs of one resource joined and sorted,
 * all reasons kept.
 */
export function sumNeeds(sections: readonly PipelineNeeds[]): PipelineNeeds {
  return {
    env: mergeBy(
      sections.flatMap((s) => s.env),
      (n) => n.name,
      joinWhy,
    ),
    permissions: mergeBy(
      sections.flatMap((s) => s.permissions),
      (n) => `${n.group}/${n.resource}`,
      (a, b) => ({ ...joinWhy(a, b), verbs: [...new Set([...a.verbs, ...b.verbs])].sort() }),
    ).map((n) => ({ ...n, verbs: [...n.verbs].sort() })),
    files: mergeBy(
      sections.flatMap((s) => s.files),
      (n) => n.path,
      joinWhy,
    ),
    tokens: mergeBy(
      sections.flatMap((s) => s.tokens),
      (n) => n.path,
      joinWhy,
    ),
    writablePaths: [...new Set(sections.flatMap((s) => s.writablePaths))],
    readPaths: mergeBy(
      sections.flatMap((s) => s.readPaths),
      (n) => `${n.path} ${n.group}`,
      joinWhy,
    ),
    egress: mergeBy(
      sections.flatMap((s) => s.egress),
      (n) => `${n.host}:${n.port}`,
      joinWhy,
    ),
    stability: levels[Math.max(...sections.map((s) => levels.indexOf(s.stability)), 0)] ?? "generally-available",
  };
}

function joinWhy<T extends { why: string }>(a: T, b: T): T {
  const reasons = new Set([a, b].flatMap(({ why }) => why.split("; ")));
  return { ...a, why: [...reasons].join("; ") };
}

function mergeBy<T>(items: readonly T[], key: (item: T) => string, merge: (a: T, b: T) => T): T[] {
  const merged = new Map<string, T>();
  for (const item of items) {
    const earlier = merged.get(key(item));
    merged.set(key(item), earlier === undefined ? item : merge(earlier, item));
  }
  return [...merged.values()];
}
