import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { kubernetesObjects, redactSecrets, sortKeys, toYaml } from "./manifests";
import { recordProgram, type Recording } from "./record-program";
import { readStackFile, stacksIn } from "../../settings/stack-file";

/** The stacks that have a golden file: each shows in a pull request what a change does to that environment. */
export const goldenStacks: readonly string[] = stacksIn(repoRoot);

/** The stack whose file each example is; its golden file says what the example changes of that stack. */
const exampleStack = "production";

/**
 * The examples, each a folder of examples/ with a stack's file, and what `render` prints for it. They are the golden
 * files of what no stack of the repository has switched on.
 */
export const goldenExamples: readonly string[] = [
  "canary",
  "existing-secret",
  "log-files",
  "managed-cluster",
  "network",
  "sections",
  "vault",
];

const exampleOf = (name: string): string | undefined =>
  goldenExamples.find((example) => name === `${exampleStack}-${example}`);

const exampleFolder = (example: string): string => path.join(repoRoot, "examples", example);

/** What each example sets, by the name of its golden file. */
export const goldenVariants: Record<string, { stack: string; config: Record<string, string> }> = Object.fromEntries(
  goldenExamples.map((example) => [
    `${exampleStack}-${example}`,
    { stack: exampleStack, config: readStackFile(exampleStack, exampleFolder(example), repoRoot).config },
  ]),
);

/** Every golden file's name without its ending. */
export const goldenNames: readonly string[] = [...goldenStacks, ...Object.keys(goldenVariants)];

/** Where the manifests of an example lie. */
export const manifestsFile = (example: string): string => path.join(exampleFolder(example), "manifests.yaml");

/** What `render` prints for an example. */
export async function manifestsText(example: string): Promise<string> {
  const { resources } = await goldenRecording(`${exampleStack}-${example}`);
  return toYaml(kubernetesObjects(resources));
}

/** Where a stack's golden file lies. */
export function goldenFile(stack: string): string {
  return path.join(repoRoot, "tests", "golden", `${stack}.json`);
}

/** What the stack of a golden file declares. */
export function goldenRecording(name: string): Promise<Recording> {
  const example = exampleOf(name);
  const stack = example === undefined ? name : exampleStack;
  const folder = example === undefined ? repoRoot : exampleFolder(example);
  return recordProgram({ stack, ...readStackFile(stack, folder, repoRoot) });
}

/** Everything that a stack declares, sorted by type and name, secrets redacted, as the golden file holds it. */
export async function goldenText(name: string): Promise<string> {
  const { resources, outputs } = await goldenRecording(name);
  const lines = resources
    .map((resource) => redactSecrets(resource) as Record<string, unknown>)
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  return JSON.stringify({ outputs: sortKeys(outputs), resources: lines.map(sortKeys) }, undefined, 2) + "\n";
}

/**
 * Writes every golden file, and the manifests of every example.
 *
 * @returns for each whether it differs from what was there
 */
export async function updateGoldenFiles(): Promise<Record<string, boolean>> {
  const changed: Record<string, boolean> = {};
  for (const name of goldenNames) {
    const file = goldenFile(name);
    const text = await goldenText(name);
    changed[name] = !fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text;
    fs.writeFileSync(file, text);
  }
  for (const example of goldenExamples) {
    const file = manifestsFile(example);
    const text = await manifestsText(example);
    changed[path.relative(repoRoot, file)] = !fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text;
    fs.writeFileSync(file, text);
  }
  return changed;
}

function keyOf(resource: Record<string, unknown>): string {
  return `${String(resource["type"])} ${String(resource["name"])}`;
}
