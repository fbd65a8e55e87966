import type { EngineEvent } from "@pulumi/pulumi/automation";

import { names } from "../../settings/names";

/** A resource's state in an event of the engine; secrets in it are `[secret]`. */
export interface ResourceState {
  type: string;
  id?: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

/** What the engine does, or would do, to one resource. */
export interface EngineStep {
  /** `create`, `update`, `same`, `create-replacement` and so on; what a refresh alone looks at is left out. */
  op: string;
  urn: string;
  type: string;
  /** The logical name. */
  name: string;
  old?: ResourceState;
  new?: ResourceState;
  /** Path to the kind of change, as far as the provider has said. */
  detailedDiff: Record<string, unknown>;
}

/** A rule of a policy pack that a resource, or the whole stack, breaks. */
export interface Violation {
  policy: string;
  /** `mandatory`, or a level that stops nothing. */
  level: string;
  message: string;
  /** Empty for the whole stack. */
  urn: string;
}

/** What a run of the engine has said in its events. */
export interface EnginePlan {
  steps: EngineStep[];
  /** Operation to number of resources: `create`, `update`, `replace`, `delete`, `same`. */
  changes: Record<string, number>;
  /** Policy packs that ran, as `alloy@v0.1.0`. */
  packs: string[];
  violations: Violation[];
  /** Warnings and errors, in the order in which they came. */
  diagnostics: { severity: string; message: string; urn: string }[];
  /** Logical names of the resources that are changed already. */
  done: string[];
  /** The engine has told its summary: nothing is missing. */
  complete: boolean;
}

const secretKey = "4dabf18193072939515e22adb298388d";

/** Reads the engine's events; pure. A run that ended before the engine began gives an empty plan. */
export function planOf(events: readonly EngineEvent[]): EnginePlan {
  const plan: EnginePlan = {
    steps: [],
    changes: {},
    packs: [],
    violations: [],
    diagnostics: [],
    done: [],
    complete: false,
  };
  for (const { resourcePreEvent, resOutputsEvent, policyEvent, diagnosticEvent, summaryEvent } of events) {
    if (resourcePreEvent !== undefined && !/^(refresh|read)/.test(resourcePreEvent.metadata.op)) {
      const { op, urn, type, old, new: next, detailedDiff } = resourcePreEvent.metadata;
      plan.steps.push({
        ...{ op, urn, type, name: nameIn(urn), detailedDiff: detailedDiff ?? {} },
        ...(old && { old: shown(old) }),
        ...(next && { new: shown(next) }),
      });
    }
    if (resOutputsEvent !== undefined && resOutputsEvent.planning !== true) {
      const { op, urn, type } = resOutputsEvent.metadata;
      if (/^(create|update|replace|delete)/.test(op) && /^(kubernetes|vault|random):/.test(type))
        plan.done.push(nameIn(urn));
    }
    if (policyEvent !== undefined) {
      const { policyName: policy, enforcementLevel: level, message, resourceUrn: urn = "" } = policyEvent;
      plan.violations.push({ policy, level, message: plain(message), urn });
    }
    if (diagnosticEvent !== undefined && diagnosticEvent.ephemeral !== true) {
      const { severity, message, urn = "" } = diagnosticEvent;
      plan.diagnostics.push({ severity, message: plain(message), urn });
    }
    if (summaryEvent !== undefined) {
      plan.complete = true;
      plan.changes = { ...summaryEvent.resourceChanges };
      // The engine writes this key with a capital letter, and the pack's place behind its name.
      const packs = (summaryEvent as { PolicyPacks?: Record<string, string> }).PolicyPacks ?? summaryEvent.policyPacks;
      plan.packs = Object.entries(packs ?? {}).map(([key, version]) => `${key.split("|")[0] ?? ""}@v${version}`);
    }
  }
  return plan;
}

/** The last part of a URN. */
const nameIn = (urn: string): string => urn.split("::")[3] ?? urn;

/** Without the engine's marks for colours. */
const plain = (text: string): string => text.replace(/<\{%[^%]*%\}>/g, "");

function shown({ type, id, inputs, outputs }: ResourceState): ResourceState {
  return { type, ...(id && { id }), inputs: masked(inputs ?? {}), outputs: masked(outputs ?? {}) };
}

function masked<T>(value: T): T {
  if (Array.isArray(value)) return value.map(masked) as T;
  if (typeof value !== "object" || value === null) return value;
  if (secretKey in value) return "[secret]" as T;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, masked<unknown>(part)])) as T;
}

/** Whether a step is about the collectors' DaemonSet: the canary, which alloy:canary adds, is a DaemonSet too. */
function isCollectors({ type, old, new: next }: EngineStep): boolean {
  const { metadata } = (next ?? old)?.inputs ?? {};
  return /^kubernetes:apps\/v1:DaemonSet$/.test(type) && (metadata as { name?: string })?.name === names.daemonSet;
}

type Steps = Pick<EnginePlan, "steps">;

/** Whether the plan ends collectors that run. */
export const rollsPods = ({ steps }: Steps): boolean =>
  steps.some((step) => isCollectors(step) && /^(update|replace|delete)/.test(step.op));

/** Whether the plan starts collectors: those have lines to send, their own first words among them. */
export const startsPods = ({ steps }: Steps): boolean =>
  steps.some((step) => isCollectors(step) && /^(create|update|replace)/.test(step.op));

/** Whether the plan brings a credential to the collectors: a Secret's, or their first. */
export const bringsCredential = ({ steps }: Steps): boolean =>
  steps.some(
    (step) =>
      (isCollectors(step) || step.type === "kubernetes:core/v1:Secret") && /^(create|update|replace)/.test(step.op),
  );

/** One line: `21 created`, or `no changes, 21 resources as they were`. */
export function changesText({ changes }: Pick<EnginePlan, "changes">): string {
  const same = changes["same"] ?? 0;
  const parts = (["create", "update", "replace", "delete"] as const).flatMap((operation) => {
    const count = changes[operation] ?? 0;
    return count === 0 ? [] : [`${count} ${operation}d`];
  });
  if (parts.length === 0) return `no changes, ${same} resources as they were`;
  return [...parts, ...(same > 0 ? [`${same} unchanged`] : [])].join(", ");
}

/** Why a run has failed, in the engine's own words: errors, and the mandatory rules that were broken. Short; pure. */
export function failureReasons({ diagnostics, violations }: EnginePlan): string[] {
  const broken = violations
    .filter(({ level }) => level === "mandatory")
    .map(({ policy, urn, message }) => `policy ${policy}${urn === "" ? "" : ` (${nameIn(urn)})`}: ${message.trim()}`);
  const errors = diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message, urn }) => `${urn === "" ? "" : `${nameIn(urn)}: `}${message.trim()}`);
  return [...new Set([...broken, ...errors])];
}
