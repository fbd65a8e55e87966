import { driftOf, type Drift, type PreviewStep } from "./findings";
import { UserError } from "../../kit/user-error";
import { runEngine } from "../engine/run";
import { kubePath, type KubernetesClient } from "../cluster/kubernetes-client";
import type { StackContext } from "../stack-context";

/**
 * Compares a stack with what there is, by a refresh that is not written to the state. What it tries out, without writing
 * either, is forced: whoever changed a field by hand owns it, and a trial that minds that ends at the first such field.
 *
 * @throws UserError if the engine could not compare; what it said is on stderr, unless it is known and explained
 */
export async function findDrift({ engine, place, file }: StackContext): Promise<Drift[]> {
  const call = { ...engine, env: { ...engine.env, PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } };
  const flags = ["--refresh", "--json", "--show-sames", "--suppress-progress"];
  const { exitCode, stdout, output } = await runEngine(call, "preview", flags, place, "none");
  if (exitCode !== 0) {
    console.error(output);
    throw UserError.cannotTell(
      file,
      "",
      "the engine could not compare; what it said stands above",
      "correct that first",
      "nothing was changed",
    );
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
export async function removeAdditions(drifts: readonly Drift[], cluster: KubernetesClient): Promise<string[]> {
  const byObject = new Map<string, (NonNullable<Drift["added"]> & { resource: string })[]>();
  for (const { added, resource } of drifts) {
    if (added === undefined) continue;
    const place = kubePath(added);
    byObject.set(place, [...(byObject.get(place) ?? []), { ...added, resource }]);
  }
  for (const [place, entries] of byObject) {
    const live = await cluster.request("GET", place);
    const pointers = entries.map(({ path }) =>
      path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    );
    const value = [
      { op: "test", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
      // From the end, so that the numbers of the entries before it stay right.
      ...pointers.reverse().map((path) => ({ op: "remove", path })),
    ];
    await cluster.request("PATCH", place, { value, type: "application/json-patch+json" });
  }
  return [...byObject.values()].flatMap(([first]) => (first === undefined ? [] : [first.resource]));
}
