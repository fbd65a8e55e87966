import type * as watching from "../operations/status/watch";
import type * as operation from "../operations/status/read-status";
import type * as words from "../operations/status/status-text";
import type * as context from "../operations/stack-context";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "status",
  summary: "Show how the collectors do, and what is wrong with them",
  description: [
    "Asks every collector for its metrics, twice within 5 seconds, and prints one row per node with what is wrong first: " +
      "version, configuration, lines per second, lines that are lost and held, and memory. Each reason has the name of " +
      "an alert, and that is the name of its runbook in docs/runbooks. The limits are those of the alerts.",
    "It changes nothing. It asks through the API server only, which takes list of pods, get of pods/proxy, and, for the " +
      "last errors, get of pods/log. If a collector has tried again to reach Loki before, it looks for up to 35 seconds.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {
    all: { meaning: "Show every node, also if nothing is wrong with it" },
    watch: { meaning: "Look again and again until Ctrl-C" },
  },
  json: "the collectors with their findings, and what nobody could look at",
  examples: [
    { line: "npx alloyctl status production", meaning: "find out whether the collectors are well" },
    { line: "npx alloyctl status production --watch", meaning: "watch a rollout or an outage" },
  ],
  exitCodes: { 0: "nothing is wrong", 1: "something is wrong, or no collector runs" },
  run: async ({ arguments: { stack: word }, flags: { all, watch }, json }) => {
    const { resolveStack } = require("../operations/stack-context") as typeof context;
    const { readStackStatus } = require("../operations/status/read-status") as typeof operation;
    const { statusText } = require("../operations/status/status-text") as typeof words;
    const { stack, folder } = stackPlace(word);
    const resolved = await resolveStack(stack, {}, folder);
    const look = async (): Promise<{ exitCode: 0 | 1; text: string; json: unknown }> => {
      const status = await readStackStatus(resolved, (text) => console.error(text));
      const wrong = status.findings.some(({ severity }) => severity !== "info");
      return { exitCode: wrong ? 1 : 0, text: statusText(status, resolved.settings, all), json: status };
    };
    if (!watch) return look();
    const { repeat } = require("../operations/status/watch") as typeof watching;
    return repeat(look, (answer) =>
      process.stdout.write(
        json ? `${JSON.stringify(answer.json)}\n` : `${new Date().toISOString()} ${answer.text}\n\n`,
      ),
    );
  },
});
