import type { Settings } from "../../settings/schema";
import { driftOf, type Drift, type PreviewStep } from "./findings";
import { checkStack, placeOf, runEngine } from "../engine/run";
import { kubeConfigFor } from "../cluster/kube-config";
import { kubePath, kubeRequest } from "../cluster/kubernetes-client";
import { engineFor } from "../stack-context";

/**
 * Compares a stack with what there is, by a refresh that is not written to the state. What it tries out, without writing
 * either, is forced: whoever changed a field by hand owns it, and a trial that minds that ends at the first such field.
 *
 * @returns undefined where the engine failed; what it said is on stderr
 * @throws UserError where it said something that is known
 */
export async function findDrift(stack: string): Promise<Drift[] | undefined> {
  const settings = checkStack(stack);
  const engine = await engineFor(stack);
  const call = { ...engine, env: { ...engine.env, PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } };
  const flags = ["--refresh", "--json", "--show-sames", "--suppress-progress"];
  const { exitCode, stdout, output } = await runEngine(call, "preview", flags, placeOf(stack, settings), true);
  if (exitCode !== 0) {
    console.error(output);
    return undefined;
  }
  const { steps = [] } = JSON.parse(stdout) as { steps?: PreviewStep[] };
  return driftOf(steps);
}

/**
 * Takes out of the objects what was added to their lists and their `data`: the engine would leave it, since a refresh
 * does not see it. Nothing is taken out of an object that has changed meanwhile.
 *
 * @returns the objects that were changed
 */
export async function removeAdditions(
  drifts: readonly Drift[],
  settings: Settings,
  env: Record<string, string>,
): Promise<string[]> {
  const config = kubeConfigFor(settings, env);
  const byObject = new Map<string, (NonNullable<Drift["added"]> & { resource: string })[]>();
  for (const { added, resource } of drifts) {
    if (added === undefined) continue;
    const place = kubePath(added);
    byObject.set(place, [...(byObject.get(place) ?? []), { ...added, resource }]);
  }
  for (const [place, entries] of byObject) {
    const live = await kubeRequest(config, "GET", place);
    const pointers = entries.map(({ path }) =>
      path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    );
    const value = [
      { op: "test", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
      // From the end, so that the numbers of the entries before it stay right.
      ...pointers.reverse().map((path) => ({ op: "remove", path })),
    ];
    await kubeRequest(config, "PATCH", place, { value, type: "application/json-patch+json" });
  }
  return [...byObject.values()].flatMap(([first]) => (first === undefined ? [] : [first.resource]));
}
