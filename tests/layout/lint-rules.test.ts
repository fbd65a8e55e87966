import assert from "node:assert/strict";
import * as path from "node:path";

import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { repoRoot } from "../../kit/repo-root";

const importRules = ["import-x/no-restricted-paths", "no-restricted-imports"];

/** The repository's own configuration, without the rules that need types: a snippet belongs to no TypeScript project. */
const linter = new ESLint({
  cwd: repoRoot,
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    {
      rules: {
        "pulumi/no-output-in-template-literal": "off",
        "pulumi/no-output-instance-in-template-literal": "off",
      },
    },
  ] as ESLint.Options["overrideConfig"],
});

const typeAsValue = 'import { Settings } from "../settings/schema";\nexport type Used = Settings;\n';

async function findings(file: string, text: string): Promise<{ rule: string; message: string }[]> {
  const results = await linter.lintText(text, { filePath: path.join(repoRoot, file) });
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message }) => ({ rule: ruleId ?? "syntax", message })),
  );
}

async function refusedImports(file: string, from: string): Promise<string[]> {
  const found = await findings(file, `import * as it from "${from}";\nexport const used = it;\n`);
  return found.map(({ rule }) => rule).filter((rule) => importRules.includes(rule));
}

describe("lint rules: which folder may import what", () => {
  const refused: [file: string, from: string][] = [
    ["settings/example.ts", "../pipeline/needs"],
    ["settings/example.ts", "../components/alloy"],
    ["settings/example.ts", "../packages/sandbox/paths"],
    ["pipeline/example.ts", "../components/alloy"],
    ["pipeline/example.ts", "../program"],
    ["pipeline/example.ts", "../operations/recording/record-program"],
    ["alerts/example.ts", "../components/alloy"],
    ["policy/rules/alloy/example.ts", "../../../alerts/table"],
    ["components/example.ts", "../program"],
    ["components/example.ts", "../policy/rule"],
    ["components/example.ts", "../operations/recording/record-program"],
    ["components/example.ts", "../packages/sandbox/paths"],
    ["program.ts", "./policy/rule"],
    ["program.ts", "./operations/recording/record-program"],
    ["program.ts", "./packages/sandbox/paths"],
    ["index.ts", "./components/alloy"],
    ["index.ts", "./settings/schema"],
    ["policy/pack.ts", "../components/alloy"],
    ["policy/pack.ts", "../program"],
    ["policy/pack.ts", "../packages/sandbox/paths"],
    ["policy/rules/alloy/example.ts", "../../../components/alloy"],
    ["policy/rules/alloy/example.ts", "../../../operations/recording/record-program"],
    ["policy/rules/example.ts", "../../settings/schema"],
    ["policy/rules/example.ts", "../../pipeline/needs"],
    ["policy/rules/example.ts", "../../components/access"],
    ["policy/example.ts", "../settings/names"],
    ["policy/example.ts", "../packages/sandbox/paths"],
    ["commands/example.ts", "../tests/layout/lint-rules.test"],
    ["packages/sandbox/example.ts", "../../tests/layout/lint-rules.test"],
    ["bench/example.ts", "../tests/layout/lint-rules.test"],
    ["commands/example.ts", "../packages/sandbox/paths"],
    ["operations/example.ts", "../packages/sandbox/paths"],
    ["operations/example.ts", "../commands/up"],
  ];
  for (const [file, from] of refused)
    it(`${file} may not import ${from}`, async () => {
      assert.deepEqual(await refusedImports(file, from), ["import-x/no-restricted-paths"]);
    });

  const accepted: [file: string, from: string][] = [
    ["settings/example.ts", "./schema"],
    ["pipeline/example.ts", "../settings/schema"],
    ["components/example.ts", "../settings/schema"],
    ["components/example.ts", "../pipeline/compose"],
    ["program.ts", "./components/alloy"],
    ["index.ts", "./program"],
    ["policy/pack.ts", "../settings/parse-settings"],
    ["policy/pack.ts", "../pipeline/compose"],
    ["policy/rules/example.ts", "../rule"],
    ["policy/rules/alloy/example.ts", "../../../pipeline/needs"],
    ["commands/example.ts", "../program"],
    ["packages/sandbox/example.ts", "../../commands/up"],
    ["packages/sandbox/example.ts", "../../settings/names"],
    ["packages/sandbox/example.ts", "../../operations/recording/record-program"],
    ["bench/example.ts", "../packages/sandbox/paths"],
    ["tests/layout/example.test.ts", "../../packages/sandbox/paths"],
    ["tests/layout/example.test.ts", "../../operations/recording/record-program"],
  ];
  for (const [file, from] of accepted)
    it(`${file} may import ${from}`, async () => {
      assert.deepEqual(await refusedImports(file, from), []);
    });

  for (const [way, text] of [
    ["a type", 'import type { Rule } from "../policy/rule";\nexport type Used = Rule;\n'],
    ["an export", 'export * from "../policy/rule";\n'],
    ["require", 'export const used: unknown = require("../policy/rule");\n'],
    ["import()", 'export const used = import("../policy/rule");\n'],
  ] as const)
    it(`${way} is an import like any other`, async () => {
      const found = await findings("components/example.ts", text);
      assert.ok(
        found.some(({ rule }) => rule === "import-x/no-restricted-paths"),
        JSON.stringify(found),
      );
    });
});

describe("lint rules: which folder may use which package", () => {
  const refused: [file: string, from: string][] = [
    ["pipeline/example.ts", "@pulumi/pulumi"],
    ["pipeline/example.ts", "zod"],
    ["settings/example.ts", "@pulumi/pulumi"],
    ["settings/example.ts", "execa"],
    ["settings/stack-config.ts", "@kubernetes/client-node"],
    ["components/example.ts", "execa"],
    ["components/example.ts", "p-retry"],
    ["components/example.ts", "@kubernetes/client-node"],
    ["components/example.ts", "@pulumiverse/anything"],
    ["policy/rules/example.ts", "get-port"],
    ["policy/pack.ts", "listr2"],
    ["program.ts", "execa"],
  ];
  for (const [file, from] of refused)
    it(`${file} may not use ${from}`, async () => {
      assert.deepEqual(await refusedImports(file, from), ["no-restricted-imports"]);
    });

  const accepted: [file: string, from: string][] = [
    ["pipeline/example.ts", "node:fs"],
    ["settings/example.ts", "zod"],
    ["settings/stack-config.ts", "@pulumi/pulumi"],
    ["components/example.ts", "@pulumi/kubernetes"],
    ["components/example.ts", "@pulumi/pulumi/runtime"],
    ["policy/pack.ts", "@pulumi/policy"],
    ["commands/example.ts", "execa"],
    ["packages/sandbox/example.ts", "@kubernetes/client-node"],
    ["tests/layout/example.test.ts", "fast-check"],
  ];
  for (const [file, from] of accepted)
    it(`${file} may use ${from}`, async () => {
      assert.deepEqual(await refusedImports(file, from), []);
    });
});

describe("lint rules: form", () => {
  const cases: [title: string, file: string, text: string, rule: string][] = [
    ["a file name in camel case", "settings/stackFile.ts", "export const one = 1;\n", "local/file-name"],
    ["a default export", "settings/example.ts", "export default 1;\n", "import-x/no-default-export"],
    ["any", "settings/example.ts", "export const one: any = 1;\n", "@typescript-eslint/no-explicit-any"],
    ["a type imported as a value", "pipeline/example.ts", typeAsValue, "@typescript-eslint/consistent-type-imports"],
    ["an unused name", "settings/example.ts", "const one = 1;\n", "@typescript-eslint/no-unused-vars"],
    ["a swallowed failure", "settings/example.ts", "try {\n  JSON.parse('1');\n} catch {}\n", "no-empty"],
    [
      "@ts-ignore",
      "settings/example.ts",
      "// @ts-ignore\nexport const one = 1;\n",
      "@typescript-eslint/ban-ts-comment",
    ],
    ["251 lines", "settings/example.ts", "export {};\n".repeat(251), "max-lines"],
  ];
  for (const [title, file, text, rule] of cases)
    it(`refuses ${title}`, async () => {
      const rules = (await findings(file, text)).map((finding) => finding.rule);
      assert.ok(rules.includes(rule), `${rule} is not among ${rules.join(", ")}`);
    });

  it("takes no comment that switches a rule off", async () => {
    const text = "// eslint-disable-next-line @typescript-eslint/no-explicit-any\nexport const one: any = 1;\n";
    const rules = (await findings("settings/example.ts", text)).map(({ rule }) => rule);
    assert.ok(rules.includes("@typescript-eslint/no-explicit-any"), rules.join(", "));
  });
});

describe("lint rules that need types", () => {
  it("refuses an Output in a template literal, and a promise that nobody waits for", async () => {
    // A TypeScript project of this one file, which holds what is linted here. With CI=true the parser would take this for a
    // single run, and parse a file that it has seen before without any types.
    const project = "./tests/layout/one-file.tsconfig.json";
    const parserOptions = { project, disallowAutomaticSingleRunInference: true };
    const typed = new ESLint({ cwd: repoRoot, overrideConfig: { languageOptions: { parserOptions } } });
    const text = `import * as pulumi from "@pulumi/pulumi";
export const name = \`name-\${pulumi.output("one")}\`;
export function forget(): void {
  Promise.resolve(1);
}
`;
    const results = await typed.lintText(text, { filePath: path.join(repoRoot, "program.ts") });
    const rules = results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
    assert.ok(rules.includes("pulumi/no-output-in-template-literal"), rules.join(", "));
    assert.ok(rules.includes("@typescript-eslint/no-floating-promises"), rules.join(", "));
  }).timeout(180_000);
});
