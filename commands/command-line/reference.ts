import { stackHelp, type VerbGroup } from "./help";
import { flagsOf, typedName, usageOf, type Verb } from "./verb";

/** Columns of a line of the reference. */
export const lineWidth = 120;

/** The text of docs/reference/commands.md, before it is formatted: the same data as `--help`. */
export function referenceOf(groups: readonly VerbGroup[]): string {
  return [
    "# Commands",
    "",
    "<!-- Made by `npm run docs:update` from commands/ and packages/sandbox/commands/: edit the verbs there. -->",
    "",
    "`npx alloyctl VERB [STACK] [flags]` runs one command. `npx alloyctl VERB --help` prints what this page says about the",
    "verb. Flags can come before or after the stack, and are written `--name value` or `--name=value`.",
    "",
    stackHelp.join(" ").replace(/\b(?:org\/(?:project\/)?)?staging\b(?!\.y)|\bPulumi\.(?:staging\.)?yaml/g, "`$&`"),
    "",
    "`npm run preview -- STACK`, `npm run up -- STACK` and `npm run render -- STACK` call the same verbs. npm keeps flags",
    "for itself unless two dashes come before them.",
    "",
    "## Exit codes",
    "",
    "| code | meaning |",
    "| --- | --- |",
    "| 0 | fine: what was asked for is done, or the answer is yes |",
    "| 1 | the answer is no: settings or a policy refuse, something differs, a rollout did not become ready |",
    "| 2 | nobody could find out: a wrong call, a server that cannot be reached or refuses to be read, a missing tool |",
    "",
    "A certain no outweighs what is unknown: if one value differs and another cannot be compared, the code is 1. With",
    "`--json`, a failure is JSON too: an object with `problems` (each with `file`, `key`, `problem` and `remedy`) and",
    "`consequence`. A mistake in the program itself ends with code 2 and says what to report.",
    ...groups.flatMap(({ title, verbs }) => ["", `## ${title}`, ...verbs.flatMap(sectionOf)]),
    "",
  ].join("\n");
}

function sectionOf(verb: Verb): string[] {
  const list = (items: string[]): string[] => (items.length === 0 ? [] : ["", ...items.map((item) => `- ${item}`)]);
  const words = Object.entries(verb.arguments).map(([name, { meaning, choices }]) => {
    const shown = choices?.map((choice) => `\`${choice}\``).join(" or ") ?? `\`${name.toUpperCase()}\``;
    return `${shown}: ${meaning}.`;
  });
  const flags = Object.entries(flagsOf(verb)).map(([name, { meaning, value, default: usual, choices, many }]) =>
    [
      `\`--${name}${value === undefined ? "" : ` ${value}`}\`: ${meaning}`,
      ...(choices === undefined ? [] : [`One of ${choices.join(", ")}`]),
      ...(many === true ? ["May be repeated"] : []),
      ...(usual === undefined ? [] : [`Without it: ${usual}`]),
      "",
    ].join(". "),
  );
  const { 2: open, ...codes } = verb.exitCodes;
  return [
    "",
    `### ${typedName(verb)}`,
    "",
    `${verb.summary}.`,
    "",
    "```sh",
    usageLines(verb),
    "```",
    ...verb.description.flatMap((paragraph) => ["", paragraph]),
    ...list([...words, ...flags]),
    ...verb.examples.flatMap(({ line, meaning }) => ["", sentence(meaning), "", "```sh", line, "```"]),
    "",
    "Exit codes:",
    ...list(
      Object.entries({ ...codes, ...(open !== undefined && { 2: open }) }).map(([code, text]) => `${code}: ${text}.`),
    ),
  ];
}

/** The usage line, on several lines if it is long. */
function usageLines(verb: Verb): string {
  const usage = usageOf(verb);
  return usage.length <= lineWidth ? usage : usage.replaceAll(/ (?=\[--)/g, " \\\n  ");
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}:`.replace(/[?]:$/, "?");
