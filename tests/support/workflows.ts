import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { repoRoot } from "../../sandbox/paths";

/** One step of a workflow or of an action of ours. */
export interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

/** A workflow of .github/workflows, as far as tests read it. */
export interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  jobs: Record<string, { permissions?: Record<string, string>; if?: string; steps: Step[] }>;
}

const folder = path.join(repoRoot, ".github");
const read = <T>(...names: string[]): T => parse(fs.readFileSync(path.join(folder, ...names), "utf8")) as T;

/** Every workflow by its file's name. */
export const workflows = fs
  .readdirSync(path.join(folder, "workflows"))
  .map((name) => [name, read<Workflow>("workflows", name)] as const);

/** Every step of the workflows and of the actions that they share, with the file's name. */
export const steps = [
  ...workflows.flatMap(([name, { jobs }]) =>
    Object.values(jobs).flatMap((job) => job.steps.map((step) => [name, step] as const)),
  ),
  ...fs
    .readdirSync(path.join(folder, "actions"))
    .flatMap((name) =>
      read<{ runs: { steps: Step[] } }>("actions", name, "action.yml").runs.steps.map((step) => [name, step] as const),
    ),
];

/** The npm scripts that the workflows call: `test`, `up`, …; `ci` stands for `npm ci`, `start` for `npm start`. */
export const calledScripts: ReadonlySet<string> = new Set(
  steps.flatMap(([, { run: text = "" }]) =>
    [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|ci|start)\b)/g)].map(
      ([, script, short]) => script ?? short ?? "",
    ),
  ),
);
