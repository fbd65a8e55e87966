import { isDeepStrictEqual } from "node:util";

import type { PathStep } from "../../kit/property-path";
import { errorText } from "../../kit/error-text";
import { UserError } from "../../kit/user-error";
import { credentialFiles } from "../../pipeline/credential-files";
import { kubePath, type KubernetesClient, type KubeObject } from "../cluster/kubernetes-client";
import { failureReasons, type EnginePlan } from "../engine/plan";
import { runEngine } from "../engine/run";
import type { StackContext } from "../stack-context";
import { driftOf, type Drift } from "./findings";
import { foreignBindings } from "./foreign-bindings";

/** What differs, and what the engine would do about it. */
export interface FoundDrift {
  drifts: Drift[];
  plan: EnginePlan;
}

/** Of a failure no more lines than a person reads. */
const reasonsShown = 10;

/**
 * Compares a stack with what there is, by a refresh that is not written to the state. What it tries out, without writing
 * either, is forced: whoever changed a field by hand owns it, and a trial that minds that ends at the first such field.
 * No policy is asked: the rules are for what the program declares, and would refuse to look at just those changes that
 * matter most, such as a permission that was added by hand.
 *
 * @param tell hears of what could not be looked at
 * @throws UserError if the engine could not compare, with its reasons
 */
export async function findDrift(context: StackContext, tell: (text: string) => void): Promise<FoundDrift> {
  const { engine, place, cluster } = context;
  const call = { ...engine, env: { ...engine.env, PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } };
  const run = runEngine(call, "preview", ["--refresh"], place, { show: "none", withoutPolicies: true });
  const bindings = foreignBindings(context).catch((error: unknown) => {
    tell(`warning: could not look who else is bound to the collectors' permissions (${firstLine(error)})`);
    return [];
  });
  const { exitCode, plan, output } = await run;
  if (exitCode !== 0) {
    const reasons = failureReasons(plan).flatMap((reason) => reason.split("\n"));
    const said = reasons.length > 0 ? reasons : output.trim().split("\n").slice(-reasonsShown);
    throw UserError.cannotTell(
      context.file,
      "",
      ["the engine could not compare:", ...said.slice(0, reasonsShown)].join("\n      "),
      "correct that first",
      "nothing was changed",
    );
  }
  const secretKeys = Object.values(credentialFiles(context.settings)).map((file) => file.secretKey);
  const drifts = await withoutDefaults(driftOf(plan.steps, secretKeys), plan, cluster);
  return { drifts: [...drifts, ...(await bindings)], plan };
}

/**
 * Leaves out what only looks added: whoever makes an object anew by hand owns every default that the API server has
 * filled in. The server is asked what it would make of the program's object, under another name and without making it.
 * If it may not be asked, what was found stays.
 */
async function withoutDefaults(
  drifts: readonly Drift[],
  { steps }: EnginePlan,
  cluster: KubernetesClient,
): Promise<Drift[]> {
  const made = new Map<string, Promise<KubeObject | undefined>>();
  const judged = drifts.map(async (drift) => {
    const { added } = drift;
    if (added === undefined || added.kind === "Secret") return true;
    const place = kubePath(added);
    const declared = steps.find(({ new: next }) => isObject(next?.inputs, added))?.new?.inputs;
    if (declared === undefined) return true;
    if (!made.has(place)) made.set(place, asMade(declared as unknown as KubeObject, cluster));
    const usual = await made.get(place);
    return usual === undefined || !isDeepStrictEqual(valueAt(usual, added.path), drift.found);
  });
  const stays = await Promise.all(judged);
  return drifts.filter((_, i) => stays[i]);
}

function isObject(inputs: Record<string, unknown> | undefined, { kind, namespace, name }: NonNullable<Drift["added"]>) {
  const { metadata } = (inputs ?? {}) as { metadata?: { name?: string; namespace?: string } };
  return inputs?.["kind"] === kind && metadata?.name === name && metadata.namespace === namespace;
}

/** The object as the API server would make it; undefined if it does not say. */
async function asMade(declared: KubeObject, cluster: KubernetesClient): Promise<KubeObject | undefined> {
  const { apiVersion = "", kind = "", metadata } = declared;
  const name = `${metadata.name}-drift`;
  const place = kubePath({ apiVersion, kind, ...metadata }).replace(/\/[^/]+$/, "?dryRun=All");
  const value = { ...declared, metadata: { ...metadata, name } };
  return cluster.request("POST", place, { value, type: "application/json" }).catch(() => undefined);
}

const valueAt = (value: unknown, path: readonly PathStep[]): unknown =>
  path.reduce<unknown>((part, step) => (typeof part === "object" && part ? Reflect.get(part, step) : undefined), value);

const firstLine = (error: unknown): string => errorText(error).split("\n")[0] ?? "";
