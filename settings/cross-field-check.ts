import type { z } from "zod";

import { message } from "./fields/wording";

/** Reports a problem of one key (dotted, from the object that the check belongs to), from a check that reads several. */
export function refuse(context: z.core.$RefinementCtx, key: string, problem: string, remedy: string): void {
  context.addIssue({ code: "custom", path: key.split("."), message: message(problem, remedy) });
}

/**
 * Makes a check across fields run whenever the fields that it reads are valid, whatever else is wrong in the object.
 * Without it zod leaves such checks out as soon as any field has the wrong type, and a person would see the second
 * problem only after mending the first. Unknown keys spoil no field.
 *
 * @param reads paths, from the object that the check belongs to
 */
export function ifValid(...reads: readonly PropertyKey[][]): z.core.$ZodSuperRefineParams {
  return {
    when: ({ issues }) =>
      !issues.some(
        (issue) => issue.code !== "unrecognized_keys" && reads.some((read) => touches(issue.path ?? [], read)),
      ),
  };
}

/** Whether one path lies within the other. */
const touches = (a: readonly PropertyKey[], b: readonly PropertyKey[]): boolean =>
  a.slice(0, b.length).every((key, at) => key === b[at]);
