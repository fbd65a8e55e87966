import { Command, CommanderError, Option } from "commander";

import { nearest } from "../../kit/nearest";
import { UserError } from "../../kit/user-error";
import { flagsOf, typedName, usageOf, type Call, type Verb } from "./verb";

/**
 * What a verb was called with, or `help` if that was asked for.
 *
 * @param words what stands behind the verb
 * @throws UserError with the usage line if a word or a value is missing or too many, or a flag is unknown
 */
export function parseCall(verb: Verb, words: readonly string[]): Call | "help" {
  const flags = flagsOf(verb);
  // Before anything else: whoever asks for help does not want to hear what is wrong.
  const end = words.indexOf("--");
  if (words.slice(0, end === -1 ? undefined : end).some((word) => word === "--help" || word === "-h")) return "help";
  refuseMissingValue(verb, words);
  const command = commandOf(verb);
  try {
    command.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw refusal(verb, ...explain(error, verb));
  }
  const given = command.opts<Record<string, string | string[] | true | undefined>>();
  const names = Object.keys(verb.arguments);
  const tooMany = command.args.slice(names.length);
  if (tooMany.length > 0)
    throw refusal(verb, `${tooMany.join(" ")}: ${tooMany.length === 1 ? "a word" : "words"} too many`);
  const empty = names.find((_, at) => command.args[at] === "");
  if (empty !== undefined) throw refusal(verb, `${empty.toUpperCase()} is empty`);
  const values = { ...given, ...Object.fromEntries(names.map((name, at) => [name, command.args[at]])) };
  refuseOtherChoices(verb, values);
  return {
    arguments: Object.fromEntries(names.map((name, at) => [name, command.args[at]])) as Call["arguments"],
    flags: Object.fromEntries(
      Object.entries(flags).map(([name, { value, many }]) => [
        name,
        value === undefined ? given[name] === true : (given[name] ?? (many === true ? [] : undefined)),
      ]),
    ) as Call["flags"],
    json: given["json"] === true,
  };
}

/** The verb as commander knows it; it writes nothing and ends no process. */
export function commandOf(verb: Verb): Command {
  const command = new Command(typedName(verb))
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .helpOption("-h, --help", "show this help")
    .allowExcessArguments(true);
  for (const [name, { meaning, optional, choices }] of Object.entries(verb.arguments)) {
    const word = command.createArgument(
      optional === true ? `[${name.toUpperCase()}]` : `<${name.toUpperCase()}>`,
      meaning,
    );
    if (choices !== undefined) word.argChoices = [...choices];
    command.addArgument(word);
  }
  for (const [name, { meaning, value, many, default: usual, choices }] of Object.entries(flagsOf(verb))) {
    const words = [meaning, ...(usual === undefined ? [] : [`(without it: ${usual})`])].join(" ");
    // The name of the property is the flag as it is written, not in camel case.
    const option = new NamedOption(value === undefined ? `--${name}` : `--${name} <${value}>`, words);
    if (choices !== undefined) option.argChoices = [...choices];
    if (many === true) option.argParser((text: string, before: string[] = []) => [...before, text]);
    command.addOption(option);
  }
  return command;
}

class NamedOption extends Option {
  override attributeName(): string {
    return this.name();
  }
}

/** commander takes the next word as a flag's value, whatever it is: `--out --yes` would write to a file called `--yes`. */
function refuseMissingValue(verb: Verb, words: readonly string[]): void {
  const flags = flagsOf(verb);
  for (const [at, word] of words.entries()) {
    if (word === "--") return;
    const { value } = flags[word.startsWith("--") ? word.slice(2) : ""] ?? {};
    if (value === undefined) continue;
    const next = words[at + 1];
    if (next === undefined || /^-./.test(next))
      throw refusal(
        verb,
        `${word} has no ${value}`,
        next === undefined ? undefined : `if ${next} is the value, write ${word}=${next}`,
      );
  }
}

function refuseOtherChoices(verb: Verb, values: Readonly<Record<string, unknown>>): void {
  const known = [
    ...Object.entries(verb.arguments).map(([name, { choices }]) => ({ name, shown: name.toUpperCase(), choices })),
    ...Object.entries(verb.flags).map(([name, { choices }]) => ({ name, shown: `--${name}`, choices })),
  ];
  for (const { name, shown, choices } of known) {
    const value = values[name];
    if (choices === undefined || value === undefined) continue;
    const wrong = [value].flat().find((one) => !choices.includes(String(one)));
    if (wrong === undefined) continue;
    const near = nearest(String(wrong), choices);
    const hint = near === undefined ? `choose one of ${choices.join(", ")}` : `did you mean ${near}?`;
    throw refusal(verb, `${shown} cannot be ${JSON.stringify(wrong)}`, hint);
  }
}

/** What is wrong, and what was probably meant. */
function explain(error: CommanderError, verb: Verb): [problem: string, hint?: string] {
  const word = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.missingArgument":
      return [`${word.toUpperCase()} is missing`];
    case "commander.unknownOption": {
      const [name = "", ...value] = word.split("=");
      const known = Object.keys(flagsOf(verb)).map((flag) => `--${flag}`);
      if (value.length > 0 && known.includes(name)) return [`${name} takes no value`];
      const near = nearest(name, [...known, "--help"]);
      return [`there is no flag ${name}`, near === undefined ? undefined : `did you mean ${near}?`];
    }
    default:
      return [error.message.replace(/^error: /, "")];
  }
}

/**
 * A flag's value as a whole number above zero.
 *
 * @throws UserError if it is none
 */
export function wholeNumber(typed: string, flag: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw UserError.cannotTell(
    typed,
    `--${flag}`,
    `${JSON.stringify(text)} is no whole number above zero`,
    `write --${flag} 3`,
    "nothing was done",
  );
}

/** A call that cannot be understood. */
export function refusal(verb: Verb, problem: string, hint?: string): UserError {
  const remedy = [...(hint === undefined ? [] : [hint]), `usage: ${usageOf(verb)}`].join("\n      ");
  return UserError.cannotTell(typedName(verb), "", problem, remedy, "nothing was done");
}
