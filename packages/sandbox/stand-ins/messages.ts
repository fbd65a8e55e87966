import * as pb from "@pulumi/pulumi/proto/provider_pb";
import type { DiffResult, PropertyChange } from "./diff";
import type { CheckFailure } from "./provider";
import { fromStruct } from "./values";

/** What Diff and Update ask, without the type, which the caller checks. */
export function diffRequest(q: pb.DiffRequest | pb.UpdateRequest) {
  return {
    urn: q.getUrn(),
    id: q.getId(),
    olds: fromStruct(q.getOlds()),
    oldInputs: fromStruct(q.getOldInputs()),
    news: fromStruct(q.getNews()),
    ignoreChanges: q.getIgnorechangesList(),
  };
}

export function checkResponse(
  inputs: ReturnType<pb.CheckRequest["getNews"]>,
  failures: CheckFailure[],
): pb.CheckResponse {
  return new pb.CheckResponse()
    .setInputs(inputs)
    .setFailuresList(failures.map((f) => new pb.CheckFailure().setProperty(f.property).setReason(f.reason)));
}

const KINDS = {
  add: [pb.PropertyDiff.Kind.ADD, pb.PropertyDiff.Kind.ADD_REPLACE],
  delete: [pb.PropertyDiff.Kind.DELETE, pb.PropertyDiff.Kind.DELETE_REPLACE],
  update: [pb.PropertyDiff.Kind.UPDATE, pb.PropertyDiff.Kind.UPDATE_REPLACE],
} as const satisfies Record<PropertyChange["kind"], readonly [number, number]>;

export function diffResponse({ changes, deleteBeforeReplace }: DiffResult): pb.DiffResponse {
  const response = new pb.DiffResponse();
  response.setChanges(
    changes.size === 0 ? pb.DiffResponse.DiffChanges.DIFF_NONE : pb.DiffResponse.DiffChanges.DIFF_SOME,
  );
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(deleteBeforeReplace);
  const detailed = response.getDetaileddiffMap();
  const top = new Set<string>();
  for (const [path, change] of changes) {
    const kind = KINDS[change.kind][change.replace ? 1 : 0];
    detailed.set(path, new pb.PropertyDiff().setKind(kind).setInputdiff(change.kind === "delete"));
    if (change.replace) response.addReplaces(path);
    top.add(path.split(/[.[]/, 1)[0] ?? path);
  }
  response.setDiffsList([...top]);
  return response;
}
