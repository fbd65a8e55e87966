import { KubeError } from "./kube-error";

/** One page of a list, as the API server answers. */
export interface Page<T> {
  metadata?: { continue?: string };
  items?: T[] | null;
}

/** As many as kubectl asks for. */
const pageSize = 500;

/** How often a list begins anew because its pages have expired. */
const restarts = 2;

/**
 * Reads a list page by page. A server forgets the state that a list began with after some minutes and answers 410 then:
 * the list begins anew, so that all of it is of one moment. Where it expires again and again, as on a slow way to a
 * large cluster, it goes on with what is there by now: an object that was there all along is in it in any case.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 *
 * @param ask one page, by its query
 * @param part what is kept of an item; undefined leaves it out
 * @throws KubeError if the server refuses
 */
export async function readPages<T, P>(
  ask: (query: string) => Promise<Page<T>>,
  part: (item: T) => P | undefined,
): Promise<P[]> {
  let kept: P[] = [];
  let next = "";
  let expired = 0;
  for (;;) {
    try {
      const { items, metadata } = await ask(queryOf(next));
      for (const item of items ?? []) {
        const one = part(item);
        if (one !== undefined) kept.push(one);
      }
      next = metadata?.continue ?? "";
      if (next === "") return kept;
    } catch (error) {
      if (!(error instanceof KubeError) || error.code !== 410 || next === "") throw error;
      expired += 1;
      if (expired <= restarts) [kept, next] = [[], ""];
      else if (error.continueWith !== undefined && error.continueWith !== next) next = error.continueWith;
      else throw error;
    }
  }
}

const queryOf = (next: string): string =>
  `limit=${pageSize}${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`;
