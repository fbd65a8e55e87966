import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { run, type CommandResult } from "../e2e/support/command";
import { installExample, removeFolders } from "./support/pack";

interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  provider: string;
}

const right = 'clusterName: "a", lokiTenant: "b", environment: "staging"';

/** Arguments that an editor has to mark, and what it says of each. */
const mistakes = [
  ["a misspelt key", `{ ${right}, nodeSelektor: ".*" }`, /'nodeSelektor' does not exist in type 'AlloyArgs'/],
  ["a missing key", '{ clusterName: "a", environment: "staging" }', /Property 'lokiTenant' is missing/],
  ["a word that is none of a list", `{ ${right}, credentials: { mode: "secrets" } }`, /'"secrets"' is not assignable/],
  ["a misspelt key in a group", `{ ${right}, wal: { disc: "1Gi" } }`, /'disc' does not exist/],
  ["what only a stack's file may say", `{ ${right}, rollout: { await: "ready" } }`, /'"ready"' is not assignable/],
] as const;

/** The declared type against the one that zod infers from the schema, in both directions. */
const sameTypes = `
import type { z } from "zod";
import type { AlloyArgs, argumentsSchema } from "./node_modules/@detectviz/alloy/dist/settings/arguments";
type Inferred = z.input<typeof argumentsSchema>;
export const oneWay = (args: AlloyArgs): Inferred => args;
export const theOther = (args: Inferred): AlloyArgs => args;
`;

describe("the package, installed in an empty folder", () => {
  let folder: string;
  /** What the compiler said, by file. */
  let errors: Map<string, string[]>;

  const node = (...args: string[]): Promise<CommandResult> => run(process.execPath, args, { cwd: folder });
  const tsc = (...args: string[]): Promise<CommandResult> => node("node_modules/typescript/bin/tsc", ...args);
  const write = (file: string, text: string): Promise<void> => fs.writeFile(path.join(folder, file), text);

  before(async () => {
    folder = await installExample();
    await write("same-types.ts", sameTypes);
    for (const [at, [, args]] of mistakes.entries())
      await write(`mistake-${at}.ts`, `import { Alloy } from "@detectviz/alloy";\nnew Alloy("alloy", ${args});\n`);
    // One run for all: most of its time goes into the SDKs' declarations.
    errors = errorsByFile((await tsc("--skipLibCheck", "false")).output);
    for (const at of mistakes.keys()) await fs.rm(path.join(folder, `mistake-${at}.ts`));
  });

  after(removeFolders);

  it("brings neither the sandbox nor what only tests need", async () => {
    const installed = await fs.readdir(path.join(folder, "node_modules"));
    assert.ok(installed.includes("zod"));
    for (const name of ["mocha", "eslint", "prettier", "tsx", "listr2", "json-schema-to-typescript"])
      assert.ok(!installed.includes(name), name);
  });

  it("has one copy of each SDK", async () => {
    const nested = path.join(folder, "node_modules", "@detectviz", "alloy", "node_modules", "@pulumi");
    await assert.rejects(fs.stat(nested), { code: "ENOENT" });
  });

  it("compiles with the example, strictly, and its declarations are sound", () => {
    const ours = [...errors].filter(
      ([file]) => file.startsWith("node_modules/@detectviz/") || !/^(node_modules\/|mistake-)/.test(file),
    );
    assert.deepEqual(ours, []);
  });

  it("tells an editor what each argument means", async () => {
    const file = path.join(folder, "node_modules/@detectviz/alloy/dist/settings/arguments.d.ts");
    const text = await fs.readFile(file, "utf8");
    const lines = (/^export interface AlloyArgs \{$([\s\S]*?)^\}$/m.exec(text)?.[1] ?? "").split("\n");
    const keys = lines.flatMap((line, at) => (/^ +\w+\??: /.test(line) ? [{ line, before: lines[at - 1] ?? "" }] : []));
    assert.ok(keys.length > 60, String(keys.length));
    assert.deepEqual(
      keys.filter(({ before }) => !before.endsWith("*/")).map(({ line }) => line.trim()),
      [],
    );
  });

  it("compiles in a program that resolves modules in the old way, as Pulumi's templates do", async () => {
    const { exitCode, output } = await tsc("--noEmit", "--module", "commonjs", "--moduleResolution", "node10");
    assert.equal(exitCode, 0, output);
  });

  for (const [at, [mistake, , message]] of mistakes.entries())
    it(`has types that refuse ${mistake}`, () => {
      const found = errors.get(`mistake-${at}.ts`) ?? [];
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", message);
    });

  it("runs under Pulumi's mocks, each object by the program's provider", async () => {
    await fs.copyFile(path.join(__dirname, "support", "under-mocks.js"), path.join(folder, "under-mocks.js"));
    const { exitCode, stdout, output } = await node("under-mocks.js", "./bin/index.js");
    assert.equal(exitCode, 0, output);
    const declared = JSON.parse(stdout) as Declared[];
    const objects = declared.filter(({ type }) => type.startsWith("kubernetes:"));
    assert.ok(objects.length >= 8, String(objects.length));
    for (const { name, provider } of objects) assert.match(provider, /::cluster::/, name);
    const configMap = objects.find(({ type }) => type === "kubernetes:core/v1:ConfigMap")?.inputs as {
      data: Record<string, string>;
    };
    assert.match(configMap.data["config.alloy"] ?? "", /==== extra: sections\/level\.alloy ====/);
    assert.match(configMap.data["config.alloy"] ?? "", /\[loki\.process\.level\.receiver\]/);
  });

  it("is loaded by an ES module, too", async () => {
    await write("module.mjs", 'import { Alloy } from "@detectviz/alloy";\nconsole.log(Alloy.name);\n');
    const { stdout, output } = await node("module.mjs");
    assert.equal(stdout, "Alloy", output);
  });

  it("has the command line, which renders a stack of the folder that it is called in", async () => {
    const stacks = path.join(folder, "stacks");
    await fs.mkdir(stacks);
    await fs.writeFile(path.join(stacks, "Pulumi.yaml"), "name: alloy\nruntime: nodejs\n");
    const values = { clusterName: "a", lokiTenant: "b", environment: "local" };
    const lines = Object.entries(values).map(([key, value]) => `  alloy:${key}: ${value}\n`);
    await fs.writeFile(path.join(stacks, "Pulumi.test.yaml"), `config:\n${lines.join("")}`);
    const alloyctl = (...args: string[]): Promise<CommandResult> =>
      run(path.join(folder, "node_modules", ".bin", "alloyctl"), args, { cwd: stacks });
    assert.match((await alloyctl("--version")).stdout, /^\d+\.\d+\.\d+$/);
    const rendered = await alloyctl("render", "test");
    assert.equal(rendered.exitCode, 0, rendered.output);
    assert.match(rendered.stdout, /^kind: DaemonSet$/m);
  });

  it("has rules that a pack of the program's own SDK can ask", async () => {
    await fs.copyFile(path.join(__dirname, "support", "ask-rules.js"), path.join(folder, "ask-rules.js"));
    const { exitCode, stdout, output } = await node("ask-rules.js");
    assert.equal(exitCode, 0, output);
    const { names, refused, unknown, wrong } = JSON.parse(stdout) as RuleAnswers;
    assert.ok(names.generic.includes("container-privileged"));
    assert.ok(names.generic.every((name) => names.collectors.includes(name)));
    assert.ok(names.collectors.includes("alloy-granted-equals-needed"));
    assert.ok(!names.collectors.includes("alloy-complete"), "a program of somebody else holds other things too");
    assert.match(refused, /^Pod "bad": spec\.containers\[0\]\.securityContext\.privileged /);
    assert.equal(unknown, "UnknownValueError");
    assert.match(wrong, /new Alloy\(…\): lokiTenant\n +is missing/);
  });
});

/** What support/ask-rules.js prints. */
interface RuleAnswers {
  names: { generic: string[]; collectors: string[] };
  /** What a rule says of a privileged container. */
  refused: string;
  /** What a rule does with a value that is not known yet: the engine's SDK expects its own error. */
  unknown: string;
  /** What a pack with wrong arguments ends with. */
  wrong: string;
}

/** The compiler's errors, each with its further lines, by file. */
function errorsByFile(output: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let last: string[] = [];
  for (const line of output.split("\n")) {
    const file = /^(\S+)\(\d+,\d+\): error TS/.exec(line)?.[1];
    if (file !== undefined) {
      last = found.get(file) ?? [];
      found.set(file, last);
      last.push(line);
    } else if (last.length > 0) last.push(`${last.pop() ?? ""}\n${line}`);
  }
  return found;
}
