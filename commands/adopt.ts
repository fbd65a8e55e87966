import type * as operation from "../operations/adoption/adopt";
import type * as wayBack from "../operations/adoption/give-back";
import type * as wayIn from "../operations/adoption/take-over";
import { confirm } from "./command-line/confirm";
import { stackPlace } from "./command-line/stack";
import { defineVerb, type Answer } from "./command-line/verb";

export const verb = defineVerb({
  name: "adopt",
  summary: "Take over an Alloy that is already running",
  description: [
    "Compares the stack with an Alloy that Kustomize, Helm, ArgoCD or kubectl has deployed, and prints the plan: each " +
      "object that would be taken over or left alone, every other collector of the cluster, what changes, how many lines " +
      "would be read again, what stands in the way, and the import block. Without a flag it changes nothing.",
    "With --apply it asks, imports the objects into the stack's state, hands the running pods over, runs up, and waits " +
      "until lines arrive. If a step fails it gives everything back. It refuses while the old collectors hold lines that " +
      "Loki does not take, and while another Alloy needs what would be taken over. Run again after an interruption, it " +
      "goes on where it stood.",
    "The Secret alloy-adoption in the stack's namespace keeps the way back. --give-back restores what was there before, " +
      "and --forget deletes that Secret.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {
    apply: { meaning: "Carry out the plan" },
    "give-back": { meaning: "Restore what an adoption has taken over" },
    forget: { meaning: "Give up the way back of an adoption that is done" },
    yes: { meaning: "Do not ask; needed without a terminal" },
    force: {
      meaning:
        "With --apply: go on even if the old collectors would lose lines, another collector reads the same lines, or " +
        "nobody can tell",
    },
  },
  json: "the plan, and whether it was carried out; or whether it was given back or forgotten",
  examples: [
    { line: "npx alloyctl adopt production", meaning: "read what would happen" },
    { line: "npx alloyctl adopt production --apply", meaning: "carry it out" },
    { line: "npx alloyctl adopt production --give-back", meaning: "go back to what was there" },
  ],
  exitCodes: {
    0: "the plan is printed; with a flag: it is done, or there was nothing to take over",
    1: "with a flag: something stands in the way, your answer was no, or a step failed",
  },
  run: async ({ arguments: { stack }, flags, json }) => {
    const ask = async (question: string): Promise<boolean> => flags.yes || (await confirm(question));
    if (flags["give-back"] || flags.forget) return goBack(stack, flags["give-back"], json, ask);
    const { planAdoptionOf, refuseObstacles } = require("../operations/adoption/adopt") as typeof operation;
    const { takeOver } = require("../operations/adoption/take-over") as typeof wayIn;
    const adoption = await planAdoptionOf(stackPlace(stack));
    const answer = (applied: boolean) => ({ json: { ...(adoption.json as object), applied } });
    if (!flags.apply) return { text: adoption.text, ...answer(false) };
    const nothing = adoption.plan.takenOver.length === 0 && adoption.record.phase === "begun";
    if (nothing && adoption.plan.obstacles.length === 0) return { text: adoption.text, ...answer(false) };
    if (!json) console.log(adoption.text);
    refuseObstacles(adoption, flags.force);
    if (nothing) return answer(false);
    if (!(await ask(`Take this over for ${stack}?`))) return { exitCode: 1, ...answer(false) };
    await takeOver(adoption, flags.force);
    return answer(true);
  },
});

async function goBack(
  stack: string,
  back: boolean,
  json: boolean,
  ask: (question: string) => Promise<boolean>,
): Promise<Answer> {
  const { begunAdoption, forget, giveBack, giveBackText } =
    require("../operations/adoption/give-back") as typeof wayBack;
  const begun = await begunAdoption(stackPlace(stack));
  const done = (answer: boolean) => ({ json: { stack, givenBack: back && answer, forgotten: !back && answer } });
  if (back && !json) console.log(giveBackText(begun));
  if (
    !(await ask(back ? "Give all of this back?" : `Forget what ran before the adoption of ${begun.record.startedAt}?`))
  )
    return { exitCode: 1, ...done(false) };
  await (back ? giveBack(begun.context, begun.record) : forget(begun));
  return { text: back ? `${stack}: everything was given back` : `${stack}: the way back is forgotten`, ...done(true) };
}
