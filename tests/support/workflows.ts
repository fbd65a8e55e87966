import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";
import { verbNames } from "../../commands/verbs";
import { repoRoot } from "../../kit/repo-root";

/** One step of a workflow or of an action of ours. */
export interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Concurrency {
  group: string;
  "cancel-in-progress": boolean;
}

/** A workflow of .github/workflows, as far as tests read it. */
export interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  concurrency?: Concurrency;
  jobs: Record<
    string,
    {
      permissions?: Record<string, string>;
      if?: string;
      needs?: string;
      environment?: string;
      concurrency?: Concurrency;
      steps: Step[];
    }
  >;
}

const folder = path.join(repoRoot, ".github");
const textOf = (...names: string[]): string => fs.readFileSync(path.join(folder, ...names), "utf8");
const read = <T>(...names: string[]): T => parse(textOf(...names)) as T;
const workflowNames = fs.readdirSync(path.join(folder, "workflows"));
const actionNames = fs.readdirSync(path.join(folder, "actions"));

/** Every workflow by its file's name. */
export const workflows = workflowNames.map((name) => [name, read<Workflow>("workflows", name)] as const);

/** The files themselves. */
export const workflowTexts = workflowNames.map((name) => textOf("workflows", name));
export const actionTexts = actionNames.map((name) => textOf("actions", name, "action.yml"));

/** Every step of the workflows and of the actions that they share, with the file's name. */
export const steps = [
  ...workflows.flatMap(([name, { jobs }]) =>
    Object.values(jobs).flatMap((job) => job.steps.map((step) => [name, step] as const)),
  ),
  ...actionNames.flatMap((name) =>
    read<{ runs: { steps: Step[] } }>("actions", name, "action.yml").runs.steps.map((step) => [name, step] as const),
  ),
];

/** The npm scripts and the verbs of alloyctl that a shell text calls: `test`, `up`, …; `ci` stands for `npm ci`. */
export function scriptsIn(text: string): string[] {
  const calls = text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|ci|start)\b)|\balloyctl ([\w-]+)/g);
  return [...calls].map(([, script, short, verb]) => script ?? short ?? verb ?? "");
}

/** Those that the workflows call. */
export const calledScripts: ReadonlySet<string> = new Set(steps.flatMap(([, { run: text = "" }]) => scriptsIn(text)));

const { scripts } = JSON.parse(fs.readFileSync(path.join(repoRoot, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Every script of package.json and every verb of alloyctl. */
export const knownScripts: ReadonlySet<string> = new Set([...Object.keys(scripts), ...verbNames]);

/** Those that `.ci/run` runs: by name, by way of another script (`npm:lint`), or because an end-to-end test calls it. */
export function scriptsRun(): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (script: string): void => {
    if (found.has(script)) return;
    found.add(script);
    for (const [, inner = ""] of (scripts[script] ?? "").matchAll(/\bnpm:([\w:-]+)/g)) add(inner);
  };
  // Not its comments.
  const steps = fs.readFileSync(path.join(repoRoot, ".ci", "run"), "utf8").matchAll(/^[^#\n]*\bstep (npm .*)$/gm);
  for (const [, command = ""] of steps) scriptsIn(command).forEach(add);
  for (const text of endToEndTexts())
    for (const [, call, shell] of text.matchAll(
      /\b(?:npm(?:Run)?|alloyctl)\(\s*"([\w:-]+)"|\$\(npm run --silent ([\w:-]+)\)/g,
    ))
      add(call ?? shell ?? "");
  return found;
}

function endToEndTexts(): string[] {
  return ["e2e", "e2e/support"].flatMap((folder) => {
    const place = path.join(repoRoot, "tests", folder);
    const names = fs.readdirSync(place).filter((name) => name.endsWith(".ts"));
    return names.map((name) => fs.readFileSync(path.join(place, name), "utf8"));
  });
}
