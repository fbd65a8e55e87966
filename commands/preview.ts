import type * as engine from "../operations/engine/exit-code";
import type * as summary from "../operations/engine/summary";
import type * as operation from "../operations/stack-context";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "preview",
  summary: "Show what up would do, and whether the policies allow it",
  description: [
    "Checks the stack's settings, then runs pulumi preview with the policy pack. It changes nothing. Afterwards it says " +
      "how long an outage of Loki the collectors bridge, and warns if the change would send lines twice.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: { diff: { meaning: "Show every field that changes" } },
  json: "the number of resources by what happens to them, and the policy packs that were asked",
  examples: [{ line: "npx alloyctl preview production --diff", meaning: "read a change in full before it is merged" }],
  exitCodes: {
    0: "up would be allowed",
    1: "the stack's settings or a policy refuse it",
  },
  run: async ({ arguments: { stack }, flags: { diff }, json }) => {
    const { runStackCommand } = require("../operations/stack-context") as typeof operation;
    const { exitCodeOfRun } = require("../operations/engine/exit-code") as typeof engine;
    const { readPlan } = require("../operations/engine/summary") as typeof summary;
    const run = await runStackCommand("preview", stackPlace(stack).stack, diff ? ["--diff"] : []);
    return { exitCode: exitCodeOfRun("preview", run), json: { stack, ...readPlan(run.output) } };
  },
});
