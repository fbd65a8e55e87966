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

interface VerbModule {
  verb: Verb;
}

/** Each verb's module is loaded when it is called for. They are written out, since a bundler follows no computed name. */
const modules: Readonly<Record<string, () => VerbModule>> = {
  preview: () => require("./preview") as VerbModule,
  up: () => require("./up") as VerbModule,
  render: () => require("./render") as VerbModule,
  "new-stack": () => require("./new-stack") as VerbModule,
  adopt: () => require("./adopt") as VerbModule,
  status: () => require("./status") as VerbModule,
  drift: () => require("./drift") as VerbModule,
  ui: () => require("./ui") as VerbModule,
  rotate: () => require("./rotate") as VerbModule,
  "vault-policy": () => require("./vault-policy") as VerbModule,
  terraform: () => require("./terraform") as VerbModule,
  parity: () => require("./parity") as VerbModule,
  "policy-bundle": () => require("./policy-bundle") as VerbModule,
};

/** One verb, whose module is loaded by this; undefined if there is none of that name. */
export const loadVerb = (name: string): Verb | undefined =>
  verbNames.includes(name) ? modules[name]?.().verb : undefined;

/** All of them: their descriptions. What a verb calls is not loaded before it runs. */
export const verbGroups = (): VerbGroup[] =>
  groups.map(({ title, names }) => ({ title, verbs: names.flatMap((name) => loadVerb(name) ?? []) }));
