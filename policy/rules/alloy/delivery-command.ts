import { createHash } from "node:crypto";

import { asArray } from "../../values";

/** The text that runs in front of Alloy, letter by letter. It is reviewed where it is written. */
const scriptHash = "513a200763fad1fb73ebb5a8d698639e31f2d8e6fd4494b2fa3f7ea65cf4a111";

/** Whether a text is the one that may run in front of Alloy. */
export const isDeliveryScript = (value: unknown): boolean =>
  typeof value === "string" && createHash("sha256").update(value).digest("hex") === scriptHash;

/**
 * Whether a command is that text, with a directory, a number of seconds and folders of sources, and with nothing behind
 * them: what stands behind `--` would be arguments of Alloy that are in no `args`.
 */
export function isDeliveryCommand(value: unknown): boolean {
  const command = Array.from(asArray(value), String);
  const [shell, flag, script, name, directory = "", seconds = "", ...rest] = command;
  return (
    [shell, flag, name].join(" ") === "/bin/bash -c delivery" &&
    isDeliveryScript(script) &&
    directory.startsWith("/") &&
    /^\d+$/.test(seconds) &&
    rest.at(-1) === "--" &&
    rest.slice(0, -1).every((source) => /^loki\.source\.\w+\.\w+$/.test(source))
  );
}
