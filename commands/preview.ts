import type * as codes from "../operations/engine/exit-code";
import type * as plan from "../operations/engine/plan";
import type * as operation from "../operations/preview-and-up";
import type * as context from "../operations/stack-context";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "preview",
  summary: "Show what up would do, and whether the policies allow it",
  description: [
    "Checks the stack's settings, then runs pulumi preview with the policy pack. It changes nothing. Afterwards it says " +
      "how many nodes, namespaces, pods and containers the settings match now, and how long the collectors can bridge an " +
      "outage of Loki. It warns if nothing matches, or if the change would send lines twice.",
    "An alloy on PATH reads the pipeline, too, and what it refuses ends the preview. If there is none, preview says so.",
    "It sends one pod of the collectors to the cluster with dryRun=All, which creates nothing, and says what refuses it.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: { diff: { meaning: "Show every field that changes" } },
  json: "how many resources are created, changed and so on, the policy packs that ran, their violations, and errors",
  examples: [{ line: "npx alloyctl preview production --diff", meaning: "read a change in full before it is merged" }],
  exitCodes: { 0: "up would be allowed", 1: "the stack's settings, a policy or the cluster's admission refuse it" },
  run: async ({ arguments: words, flags: { diff }, json }) => {
    const { resolveStack } = require("../operations/stack-context") as typeof context;
    const { previewOrUp } = require("../operations/preview-and-up") as typeof operation;
    const { exitCodeOfRun } = require("../operations/engine/exit-code") as typeof codes;
    const { failureReasons } = require("../operations/engine/plan") as typeof plan;
    const { stack, folder } = stackPlace(words.stack);
    const flags = diff ? ["--diff"] : [];
    const stackContext = await resolveStack(stack, {}, folder);
    const run = await previewOrUp(stackContext, "preview", flags, json ? "stderr" : "terminal");
    const { changes, packs, violations } = run.plan;
    const errors = run.exitCode === 0 ? [] : failureReasons(run.plan);
    return { exitCode: exitCodeOfRun("preview", run), json: { stack, changes, packs, violations, errors } };
  },
});
