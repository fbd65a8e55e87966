import type { DiffResult } from "./diff";
import type { Host } from "./host";
import type { PropertyMap } from "./values";

/** A value that Check refuses, shown beside the resource. */
export interface CheckFailure {
  property: string;
  reason: string;
}

export interface CheckResult {
  inputs: PropertyMap;
  failures: CheckFailure[];
}

export interface CheckRequest {
  urn: string;
  type: string;
  name: string;
  /** Inputs of the last update; empty for a new resource. */
  olds: PropertyMap;
  news: PropertyMap;
  randomSeed: Buffer;
  /** The stack's `pulumi:autonaming` setting for this resource, where there is one. */
  autonaming?: { mode: "propose" | "enforce" | "disable"; proposedName: string };
}

export interface DiffRequest {
  urn: string;
  type: string;
  id: string;
  /** State as Create, Update or Read answered it. */
  olds: PropertyMap;
  oldInputs: PropertyMap;
  news: PropertyMap;
  ignoreChanges: string[];
}

export interface CreateRequest {
  urn: string;
  type: string;
  inputs: PropertyMap;
  /** Seconds, from `customTimeouts`; 0 where none is set. */
  timeout: number;
  preview: boolean;
}

export interface ReadRequest {
  urn: string;
  type: string;
  id: string;
  /** Last state and inputs; both empty for `.get` and for an import. */
  state: PropertyMap;
  inputs: PropertyMap;
}

export interface UpdateRequest extends DiffRequest {
  timeout: number;
  preview: boolean;
}

export interface DeleteRequest {
  urn: string;
  type: string;
  id: string;
  state: PropertyMap;
  timeout: number;
}

/** What one plugin implements. Each method throws an Error whose message is meant for the person at the keyboard. */
export interface Provider {
  readonly name: string;
  /** The official plugin's version whose behaviour is followed. */
  readonly version: string;
  /** Resource types (`random:index/randomPassword:RandomPassword`) and invokes that are implemented. */
  supports(token: string): boolean;
  checkConfig(news: PropertyMap): CheckFailure[];
  diffConfig(olds: PropertyMap, news: PropertyMap): DiffResult;
  configure(args: PropertyMap): Promise<void>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  /** The id is empty in a preview. */
  create(request: CreateRequest): Promise<{ id: string; state: PropertyMap }>;
  /** An empty id says that the resource is gone. */
  read(request: ReadRequest): Promise<{ id: string; state: PropertyMap; inputs: PropertyMap }>;
  update(request: UpdateRequest): Promise<PropertyMap>;
  delete(request: DeleteRequest): Promise<void>;
  invoke(token: string, args: PropertyMap): Promise<PropertyMap>;
  /** Ends everything that is under way. */
  cancel(): void;
}

export type ProviderFactory = (host: Host) => Provider;

/** The resource exists but did not become ready: the engine keeps its state and reports the reasons. */
export class InitFailedError extends Error {
  constructor(
    message: string,
    public readonly id: string,
    public readonly state: PropertyMap,
    public readonly reasons: string[],
    public readonly inputs?: PropertyMap,
  ) {
    super(message);
    this.name = "InitFailedError";
  }
}

/** The type in a URN: the last part of its `parent$type` chain. */
export function typeOf(urn: string): string {
  const chain = urn.split("::")[2] ?? "";
  return chain.slice(chain.lastIndexOf("$") + 1);
}

/** The logical name in a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
