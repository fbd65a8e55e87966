import { createRequire } from "node:module";

import type { VerbGroup } from "./command-line/help";
import type { Verb } from "./command-line/verb";

/** Every verb, in the order of the help. The file commands/NAME.ts exports it as `verb`. */
const groups: readonly { title: string; names: readonly string[] }[] = [
  { title: "Deploy a stack", names: ["preview", "up", "render"] },
  { title: "Begin", names: ["new-stack", "adopt"] },
  { title: "Look after a deployed stack", names: ["status", "drift", "ui", "rotate", "vault-policy"] },
  { title: "Agree with Terraform", names: ["terraform", "parity"] },
  { title: "Use the policy rules elsewhere", names: ["policy-bundle"] },
];

export const verbNames: readonly string[] = groups.flatMap(({ names }) => names);

const load = createRequire(__filename);

/** One verb, whose module is loaded by this; undefined if there is none of that name. */
export const loadVerb = (name: string): Verb | undefined =>
  verbNames.includes(name) ? (load(`./${name}`) as { verb: Verb }).verb : undefined;

/** All of them: their descriptions. What a verb calls is not loaded before it runs. */
export const verbGroups = (): VerbGroup[] =>
  groups.map(({ title, names }) => ({ title, verbs: names.flatMap((name) => loadVerb(name) ?? []) }));
