import { commandOf } from "./parse";
import { couldNotFindOut, usageOf, type Verb } from "./verb";

/** The text of `--help`, from the same data as the reference. */
export function helpOf(verb: Verb): string {
  const command = commandOf(verb).usage(usageOf(verb)).description(verb.description.join("\n\n"));
  command.configureHelp({ commandUsage: () => usageOf(verb), helpWidth: 100 });
  const examples = verb.examples.flatMap(({ line, meaning }) => [`  ${line}`, `      ${meaning}`]);
  const codes = Object.entries(exitCodesOf(verb)).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return [
    command.helpInformation().trimEnd(),
    ...(examples.length === 0 ? [] : ["", "Examples:", ...examples]),
    ...["", "Exit codes:", ...codes],
  ].join("\n");
}

/** What each exit code of a verb means. */
export const exitCodesOf = ({ exitCodes }: Verb): Record<0 | 1 | 2, string> => ({ 2: couldNotFindOut, ...exitCodes });

/** Verbs that belong together, as the list of all verbs shows them. */
export interface VerbGroup {
  title: string;
  verbs: readonly Verb[];
}

/** The text of `alloyctl --help`. */
export function helpOfAll(groups: readonly VerbGroup[]): string {
  const width = Math.max(...groups.flatMap(({ verbs }) => verbs.map(({ name }) => name.length)));
  return [
    "Usage: npx alloyctl VERB [STACK] [flags]",
    "",
    "Grafana Alloy on every node of a Kubernetes cluster, deployed by Pulumi.",
    ...groups.flatMap(({ title, verbs }) => [
      "",
      `${title}:`,
      ...verbs.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    ]),
    "",
    ...stackHelp,
    "",
    "Exit codes: 0 fine; 1 the answer is no; 2 nobody could find out.",
    "npx alloyctl VERB --help says more about one of them.",
  ].join("\n");
}

/** How a stack is named on the command line. */
export const stackHelp = [
  "STACK is the name of a stack: staging, org/staging or org/project/staging. Its settings are in Pulumi.staging.yaml:",
  "in the current folder if that contains the project's Pulumi.yaml, otherwise in the checkout.",
];
