import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { verbGroups, verbNames } from "../../commands/verbs";
import { lineWidth } from "../../commands/command-line/reference";
import { usageOf } from "../../commands/command-line/verb";
import { commandsFile, commandsText } from "../../docs/generate/commands";
import { repoRoot } from "../../kit/repo-root";

const verbs = verbGroups().flatMap((group) => group.verbs);

function run(file: string, args: readonly string[], cwd = repoRoot): Promise<{ code: number; output: string }> {
  return new Promise((resolve) =>
    execFile(file, [...args], { cwd }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, output: stdout + stderr }),
    ),
  );
}

const alloyctl = (...words: string[]) => run(process.execPath, ["commands/alloyctl.js", ...words]);

describe("alloyctl", () => {
  it("has a verb for each file of commands/, and no other", () => {
    const files = fs.readdirSync(path.join(repoRoot, "commands")).filter((name) => name.endsWith(".ts"));
    const others = ["golden-update.ts", "main.ts", "verbs.ts"];
    assert.deepEqual(
      files.filter((name) => !others.includes(name)).sort(),
      verbNames.map((name) => `${name}.ts`).sort(),
    );
    assert.deepEqual(
      verbs.map(({ name }) => name),
      verbNames,
    );
  });

  it("is called by npx, and by npm run for preview, up and render", async () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(repoRoot, "package.json"), "utf8")) as { version: string };
    assert.deepEqual(await run("npx", ["alloyctl", "--version"]), { code: 0, output: `${version}\n` });
    const { code, output } = await run("npm", ["run", "--silent", "render", "--", "--help"]);
    assert.equal(code, 0);
    assert.match(output, /^Usage: npx alloyctl render STACK/);
  });

  it("lists every verb, and says what each is for", async () => {
    const { code, output } = await alloyctl("--help");
    assert.equal(code, 0);
    for (const { name, summary } of verbs) assert.match(output, new RegExp(`^ {2}${name} +${summary}$`, "m"));
  });

  it("helps with each verb without loading what the verb calls", async () => {
    const heavy = "@pulumi|@kubernetes|/zod/|/yaml/|/operations/(?!new-stack/questions)";
    const check = `
      process.argv[1] = "alloyctl";
      require("tsx/cjs");
      const { main } = require("./commands/main");
      (async () => {
        for (const words of [["--help"], ${verbNames.map((name) => JSON.stringify([name, "--help"])).join(", ")}]) await main(words, "1");
        const found = Object.keys(require.cache).map((file) => file.slice(process.cwd().length)).filter((file) => /${heavy.replaceAll("/", "\\/")}/.test(file));
        console.error("heavy: " + JSON.stringify(found));
      })();`;
    const { output } = await run(process.execPath, ["-e", check]);
    assert.match(output, /^heavy: \[\]$/m);
    for (const verb of verbs) assert.ok(output.includes(`Usage: ${usageOf(verb)}\n`), verb.name);
  });

  for (const [words, problem] of [
    [[], /VERB is missing\n/],
    [[""], /VERB is missing\n/],
    [["drfit"], /there is no verb drfit\n +→ did you mean drift\?/],
    [["--json", "drift"], /there is no verb --json\n/],
    [["drift", "a/b/c/d"], /STACK\n +"a\/b\/c\/d" cannot be the name of a stack/],
    [["ui", "local", "--port", "0"], /--port\n +"0" is no port/],
    [["rotate", "local", "--timeout", "soon"], /--timeout\n +"soon" is no duration/],
  ] as const)
    it(`ends ${JSON.stringify(words)} with 2, which says that nothing was found out`, async () => {
      const { code, output } = await alloyctl(...words);
      assert.equal(code, 2, output);
      assert.match(output, problem);
    });

  it("ends with 1 if the stack's settings are refused", async () => {
    const { code, output } = await alloyctl("preview", "prodution");
    assert.equal(code, 1, output);
    assert.match(output, /there is no stack "prodution"/);
  });
});

describe("the description of each verb", () => {
  for (const verb of verbs)
    it(`${verb.name}: whole sentences, flags that say what they take, exit codes`, () => {
      assert.match(verb.summary, /^[A-Z][^\n]*[^.]$/);
      for (const paragraph of verb.description) assert.match(paragraph, /^[A-Za-z].*[.]$/);
      for (const { line } of verb.examples) assert.ok(line.includes(`npx alloyctl ${verb.name}`), line);
      assert.ok(verb.examples.length > 0);
      for (const [name, { meaning, value }] of Object.entries(verb.flags)) {
        assert.match(meaning, /^\S.*[^.]$/, name);
        assert.notEqual(value, "VALUE", name);
      }
      assert.doesNotMatch(usageOf(verb), /VALUE|-[A-Z]/);
    });

  it("is what docs/reference/commands.md says", async () => {
    const committed = fs.readFileSync(commandsFile, "utf8");
    assert.equal(committed, await commandsText(), "write it anew: npm run docs:update");
    const words = committed.replaceAll(/ \\\n +/g, " ");
    for (const verb of verbs) assert.ok(words.includes(`\n${usageOf(verb)}\n`), verb.name);
    for (const line of committed.split("\n")) assert.ok(line.length <= lineWidth, line);
  });
});
