import { exitCodesOf, stackHelp, type VerbGroup } from "./help";
import { flagsOf, typedName, usageOf, type Verb } from "./verb";

/** The text of docs/reference/commands.md, before it is formatted: the same data as `--help`. */
export function referenceOf(groups: readonly VerbGroup[]): string {
  return [
    "# Commands",
    "",
    "<!-- Made by `npm run docs:commands` from commands/ and packages/sandbox/commands/: edit the verbs there. -->",
    "",
    "`npx alloyctl VERB [STACK] [flags]` runs one command. `--help` behind a verb prints what this page says of it. Flags",
    "may stand before or after the stack, and are written `--name value` or `--name=value`.",
    "",
    stackHelp.join(" ").replace(/\b(?:org\/(?:project\/)?)?staging\b(?!\.)|Pulumi\.\S+yaml/g, (name) => `\`${name}\``),
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
    "A known no is not made unknown by the rest: if one value differs and another cannot be compared, the code is 1. With",
    "`--json` a failure is JSON too: an object with `problems` (each with `file`, `key`, `problem` and `remedy`) and",
    "`consequence`. A mistake in the program itself ends with code 2 and says what to report.",
    ...groups.flatMap(({ title, verbs }) => ["", `## ${title}`, ...verbs.flatMap(sectionOf)]),
    "",
  ].join("\n");
}

function sectionOf(verb: Verb): string[] {
  const rows = (head: string[], cells: string[][]): string[] =>
    cells.length === 0
      ? []
      : ["", ...[head, head.map(() => "---"), ...cells].map((row) => `| ${row.map(cellOf).join(" | ")} |`)];
  return [
    "",
    `### ${typedName(verb)}`,
    "",
    `${verb.summary}.`,
    "",
    "```sh",
    usageOf(verb),
    "```",
    ...verb.description.flatMap((paragraph) => ["", paragraph]),
    ...rows(
      ["argument", "meaning"],
      Object.entries(verb.arguments).map(([name, { meaning, choices }]) => [
        choices === undefined ? `\`${name.toUpperCase()}\`` : choices.map((choice) => `\`${choice}\``).join(", "),
        meaning,
      ]),
    ),
    ...rows(
      ["flag", "meaning", "without it"],
      Object.entries(flagsOf(verb)).map(([name, { meaning, value, default: usual = "", choices = [], many }]) => [
        `\`--${name}${value === undefined ? "" : ` ${value}`}\``,
        [
          meaning,
          ...(choices.length > 0 ? [`(${choices.join(", ")})`] : []),
          ...(many === true ? ["(may be repeated)"] : []),
        ].join(" "),
        usual,
      ]),
    ),
    ...verb.examples.flatMap(({ line, meaning }) => ["", `${sentence(meaning)}`, "", "```sh", line, "```"]),
    ...rows(["exit code", "meaning"], Object.entries(exitCodesOf(verb))),
  ];
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}:`.replace(/[?]:$/, "?");

const cellOf = (text: string): string => text.replaceAll("|", "\\|");
