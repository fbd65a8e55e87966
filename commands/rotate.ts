import { UserError } from "../kit/user-error";
import { parseDuration } from "../kit/units";
import type * as operation from "../operations/rotation/rotate-stack";
import type * as context from "../operations/stack-context";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "rotate",
  summary: "Replace a credential without losing a line",
  description: [
    "Writes a new credential to Vault, tries it out, gives it to the collectors, and retires the old one once every " +
      "collector has delivered with the new one. No request is refused and no collector restarts. If it is interrupted, " +
      "the same command continues where it stopped.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {
    backend: {
      meaning: "Only the credential of this backend",
      value: "BACKEND",
      choices: ["loki", "prometheus"],
      default: "every credential of the stack",
    },
    timeout: { meaning: "How long to wait for the collectors", value: "DURATION", default: "5m" },
    abort: { meaning: "Take back a rotation that no collector has seen yet" },
  },
  examples: [
    { line: "npx alloyctl rotate production", meaning: "rotate every credential, one after the other" },
    { line: "npx alloyctl rotate production --backend loki --abort", meaning: "give up a rotation that was begun" },
  ],
  exitCodes: {
    0: "every credential is rotated",
    1: "the credential is not this program's to rotate, a new one is refused, or a collector does not take it",
  },
  run: async ({ arguments: words, flags: { backend, timeout = "5m", abort } }) => {
    const timeoutMs = parseDuration(timeout);
    if (timeoutMs === undefined)
      throw UserError.cannotTell(
        "npx alloyctl rotate",
        "--timeout",
        `${JSON.stringify(timeout)} is no duration`,
        "write 30s, 5m or 1h",
        "nothing was rotated",
      );
    const { resolveStack } = require("../operations/stack-context") as typeof context;
    const { rotateStack } = require("../operations/rotation/rotate-stack") as typeof operation;
    const { stack, folder } = stackPlace(words.stack);
    await rotateStack(await resolveStack(stack, {}, folder), { backend, timeoutMs, abort }, console.log);
    return {};
  },
});
