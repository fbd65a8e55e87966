import { formatPath, type PathStep } from "../../kit/property-path";
import { UserError } from "../../kit/user-error";
import { kubePath, KubeError, type KubernetesClient } from "../cluster/kubernetes-client";
import type { Drift } from "./findings";

/**
 * Takes out of the objects what was added by hand, and removes the bindings that were made by hand: the engine would
 * leave them, since a refresh does not see them. Nothing is taken out of an object that has changed meanwhile.
 *
 * @returns the objects that were changed
 * @throws UserError if an object has changed since it was compared
 */
export async function removeAdditions(drifts: readonly Drift[], cluster: KubernetesClient): Promise<string[]> {
  const byObject = new Map<string, { resource: string; added: NonNullable<Drift["added"]>; found: unknown }[]>();
  for (const { added, resource, found } of drifts) {
    if (added === undefined) continue;
    const place = kubePath(added);
    byObject.set(place, [...(byObject.get(place) ?? []), { resource, added, found }]);
  }
  const changed: string[] = [];
  for (const [place, entries] of byObject) {
    const resource = entries[0]?.resource ?? place;
    const live = await cluster.find(place);
    if (live === undefined) continue; // it has gone by itself
    const { uid, resourceVersion } = live.metadata;
    if (entries.some(({ added }) => added.path.length === 0)) {
      const value = { preconditions: { uid, resourceVersion } };
      await cluster.request("DELETE", place, { value, type: "application/json" }).catch(unlessMeanwhile(resource));
    } else {
      const paths = entries.map(({ added }) => added.path).sort(lastFirst);
      const value = [
        { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
        ...paths.map((path) => ({ op: "remove", path: pointer(path) })),
      ];
      await cluster
        .request("PATCH", place, { value, type: "application/json-patch+json" })
        .catch(unlessMeanwhile(resource));
    }
    changed.push(resource);
  }
  return changed;
}

/** From the end, so that the numbers of the entries before it stay right. */
function lastFirst(a: readonly PathStep[], b: readonly PathStep[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [one, other] = [a[i], b[i]];
    if (one === other) continue;
    if (typeof one === "number" && typeof other === "number") return other - one;
    return formatPath(a) < formatPath(b) ? 1 : -1;
  }
  return b.length - a.length;
}

const pointer = (path: readonly PathStep[]): string =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

const unlessMeanwhile =
  (resource: string) =>
  (error: unknown): never => {
    if (error instanceof KubeError && [409, 422].includes(error.code))
      throw UserError.of(
        resource,
        "",
        "was changed by somebody else at the same moment, so nothing was removed from it",
        "run the same command again",
        "what was removed from other objects before stays removed",
      );
    throw error;
  };
