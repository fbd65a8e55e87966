import * as fs from "node:fs";
import * as path from "node:path";

import { parseAllDocuments } from "yaml";

import { policiesFor } from "../../policy/enforcement";
import { levelOf } from "../../policy/levels";
import type { Resource, RuleConfig } from "../../policy/rule";
import { UserError } from "../../kit/user-error";
import { base, type Base } from "./mutation/bases";
import { mutate, type Mutation } from "./mutation/mutation";
import { resource, run } from "./support";

/** One stack, bad in one way, as a file holds it; several may stand in one file. */
export interface PolicyCase extends Pick<Mutation, "edits" | "add" | "remove"> {
  id: string;
  title: string;
  /** The rule that has to refuse it; `none` for a stack with which nothing is wrong. */
  rule: string;
  /** Words of the message, so that it is refused for the reason that is meant. */
  says?: string;
  /** The rendered stack that is changed; left out, or `generic`, where `resources` are the whole stack. */
  base?: string;
  resources?: CaseResource[];
  /** As if from the user's policy configuration. */
  config?: Record<string, RuleConfig>;
}

/** A Kubernetes object as a manifest has it, or any resource with its type token. */
type CaseResource =
  | ({ apiVersion: string; kind: string } & Record<string, unknown>)
  | {
      type: string;
      logical: string;
      /** Null for a component and for a provider itself; Kubernetes' explicit one where it is left out. */
      provider?: { type: string; name: string } | null;
      object: Record<string, unknown>;
    };

/** What the pack said of a case: nothing where it was let through. */
export interface Verdict {
  id: string;
  title: string;
  /** The rule that the case names. */
  rule: string;
  refusedBy: string[];
  messages: string[];
}

/** The cases of every YAML file of a folder, in the order of the files' names. */
export function readCases(folder: string): PolicyCase[] {
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .flatMap((file) => {
      const text = fs.readFileSync(path.join(folder, file), "utf8");
      return parseAllDocuments(text).map((document) => {
        // A case that cannot be read would count as one that nothing refuses.
        const [error] = document.errors.filter(({ code }) => code !== "BLOCK_AS_IMPLICIT_KEY");
        if (error !== undefined) throw new Error(`${file}: ${error.message}`);
        return document.toJS() as PolicyCase;
      });
    });
}

/** Whether the stack is meant to pass. */
export const isControl = ({ rule }: Pick<PolicyCase, "rule">): boolean => rule === "none";

/** Runs every rule of the pack, at whatever level, on the case's stack. */
export async function play(one: PolicyCase): Promise<Verdict> {
  const { id, title, rule } = one;
  try {
    const said = one.base === undefined || one.base === "generic" ? judgeForeign(one) : await judgeOwn(one, one.base);
    return { id, title, rule, refusedBy: [...said.keys()], messages: [...said.values()].flat() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Settings that are refused never become a stack.
    return { id, title, rule, refusedBy: ["alloy-settings"], messages: [error.message] };
  }
}

async function judgeOwn(one: PolicyCase, name: string): Promise<Map<string, string[]>> {
  const stack: Base = await base(name);
  return stack.judge(mutate(stack.resources, { ...one, rule: one.rule, base: "production" }));
}

function judgeForeign({ id, resources = [], config = {} }: PolicyCase): Map<string, string[]> {
  if (resources.length === 0) throw new Error(`case ${id} has no resource`);
  const made = resources.map(resourceOf);
  const { rules, context } = policiesFor({ "other:key": "value" });
  const { environment, unknown } = context;
  return new Map(
    rules
      .filter((rule) => levelOf(rule, environment) !== "disabled")
      .flatMap((rule) => {
        const { violations } = run(rule, made, { environment, unknown, config: config[rule.name] ?? {} });
        return violations.length === 0 ? [] : [[rule.name, violations] as const];
      }),
  );
}

function resourceOf(given: CaseResource): Resource {
  if ("type" in given && "object" in given) {
    const { type, logical, provider, object } = given as Extract<CaseResource, { object: unknown }>;
    return resource(type, logical, object, {
      ...(provider === null ? { provider: undefined } : provider === undefined ? {} : { provider }),
    });
  }
  const object = given;
  const { name = "" } = (object["metadata"] ?? {}) as { name?: string };
  const module = object.apiVersion.includes("/") ? object.apiVersion : `core/${object.apiVersion}`;
  return resource(`kubernetes:${module}:${object.kind}`, name, object);
}

/** The table of verdicts: id, what it was refused by, title; those that are wrong are marked. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map((verdict) => {
    const mark = isRight(verdict) ? " " : "!";
    return `${mark} ${verdict.id.padEnd(4)} ${(verdict.refusedBy.join(", ") || "passed").padEnd(50)} ${verdict.title}`;
  });
  const bad = verdicts.filter((verdict) => !isControl(verdict));
  const refused = bad.filter(({ refusedBy }) => refusedBy.length > 0).length;
  return [...lines, `${refused} of ${bad.length} bad stacks refused`].join("\n");
}

export function isRight(verdict: Verdict): boolean {
  return isControl(verdict) === (verdict.refusedBy.length === 0);
}
