import type * as operation from "../operations/collectors/forward-pages";
import type * as context from "../operations/stack-context";
import { UserError } from "../kit/user-error";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

/** The port on which Alloy itself listens. */
const usualPort = 12345;

export const verb = defineVerb({
  name: "ui",
  summary: "Open the web pages of one collector's Alloy on this machine",
  description: [
    "Forwards a port of this machine to one collector until Ctrl-C, as kubectl port-forward does. Only this machine can " +
      "reach it: Alloy's pages ask for no password.",
  ],
  arguments: {
    stack: { meaning: "the stack" },
    node: { meaning: "the node of the collector; without it: the first node by name", optional: true },
  },
  flags: { port: { meaning: "The port on this machine", value: "PORT", default: String(usualPort) } },
  examples: [{ line: "npx alloyctl ui production node-7", meaning: "see what the collector of that node does" }],
  exitCodes: { 0: "you ended it", 1: "no collector runs there, or the port is taken" },
  run: async ({ arguments: words, flags }) => {
    const port = Number(flags.port ?? usualPort);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw UserError.cannotTell(
        "npx alloyctl ui",
        "--port",
        `${JSON.stringify(flags.port)} is no port`,
        "write a number from 1 to 65535",
        "nothing is open",
      );
    const { resolveStack } = require("../operations/stack-context") as typeof context;
    const { forwardPages, podOn } = require("../operations/collectors/forward-pages") as typeof operation;
    const { stack, folder } = stackPlace(words.stack);
    const stackContext = await resolveStack(stack, {}, folder);
    return { text: await forwardPages(stackContext, await podOn(stackContext, words.node), port) };
  },
});
