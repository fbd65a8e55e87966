import { nearest } from "../kit/nearest";
import { UserError } from "../kit/user-error";
import { helpOf, helpOfAll } from "./command-line/help";
import { runVerb } from "./command-line/run";
import { loadVerb, verbGroups, verbNames } from "./verbs";

/** `npx alloyctl VERB …`. The module of a verb is loaded when that verb is called, and not before. */
export async function main(words: readonly string[], version: string): Promise<void> {
  const [first, ...rest] = words;
  if (first === "--version" || first === "-V") return console.log(version);
  if (first === "--help" || first === "-h" || first === "help") {
    const verb = loadVerb(rest[0] ?? "");
    return console.log(verb === undefined ? helpOfAll(verbGroups()) : helpOf(verb));
  }
  const verb = loadVerb(first ?? "");
  if (verb !== undefined) return runVerb(verb, rest);
  const near = nearest(first ?? "", verbNames);
  const { message } = UserError.cannotTell(
    "npx alloyctl",
    "",
    first === undefined || first === "" ? "VERB is missing" : `there is no verb ${first}`,
    `${near === undefined ? "" : `did you mean ${near}? `}npx alloyctl --help lists them: ${verbNames.join(", ")}`,
    "nothing was done",
  );
  console.error(message);
  process.exitCode = 2;
}
