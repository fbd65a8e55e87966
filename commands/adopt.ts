import type * as operation from "../operations/adoption/adopt";
import { confirm } from "./command-line/confirm";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "adopt",
  summary: "Take over an Alloy that is already running",
  description: [
    "Compares the stack with an Alloy that Kustomize, ArgoCD or kubectl has deployed, and prints the plan: each object " +
      "that would be taken over or left alone, what changes, how many lines would be read again, and the import block. " +
      "Without --apply it changes nothing.",
    "With --apply it asks, imports the objects into the stack's state, hands the running pods over, and runs up. It " +
      "refuses while the old collectors hold lines that Loki does not take.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {
    apply: { meaning: "Carry out the plan" },
    yes: { meaning: "With --apply: do not ask; needed without a terminal" },
    force: { meaning: "With --apply: go on even if the old collectors would lose lines" },
  },
  json: "the plan, and whether it was carried out",
  examples: [
    { line: "npx alloyctl adopt production", meaning: "read what would happen" },
    { line: "npx alloyctl adopt production --apply", meaning: "carry it out" },
  ],
  exitCodes: {
    0: "the plan is printed; with --apply: everything is taken over, or there was nothing to take over",
    1: "with --apply: something stands in the way, your answer was no, or a step failed",
  },
  run: async ({ arguments: { stack }, flags: { apply, yes, force }, json }) => {
    const { planAdoptionOf, refuseObstacles, takeOver } = require("../operations/adoption/adopt") as typeof operation;
    const adoption = await planAdoptionOf(stackPlace(stack));
    const answer = (applied: boolean) => ({ json: { ...(adoption.json as object), applied } });
    if (!apply || adoption.plan.takenOver.length === 0) return { text: adoption.text, ...answer(false) };
    if (!json) console.log(adoption.text);
    refuseObstacles(adoption);
    if (!yes && !(await confirm(`Take this over for ${stack}?`))) return { exitCode: 1, ...answer(false) };
    await takeOver(adoption, force);
    return answer(true);
  },
});
