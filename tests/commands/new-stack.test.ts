import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";

import { parse } from "yaml";

import { repoRoot } from "../../kit/repo-root";
import { checkStackText } from "../../operations/new-stack/check-stack-text";
import { newStackText, type StackAnswers } from "../../operations/new-stack/stack-file-text";

const answers: StackAnswers = {
  environment: "production",
  clusterName: "detectviz-eu",
  lokiTenant: "eu",
  context: "detectviz-eu",
  credentials: "none",
  vaultAddress: "",
  vaultPath: "",
  terraform: "",
};

/** Calls the command without a terminal, as a workflow would. */
const newStack = (...args: string[]): Promise<{ code: number; output: string }> =>
  promisify(execFile)(process.execPath, [path.join(repoRoot, "commands", "alloyctl.js"), "new-stack", ...args]).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stderr: string }) => ({ code: error.code, output: error.stderr }),
  );

describe("a new stack's file", () => {
  const vault = { vaultAddress: "https://vault.corp.internal:8200", vaultPath: "detectviz/eu/alloy" };

  for (const [title, changes] of [
    ["for production", {}],
    ["for staging, with a Secret that exists", { environment: "staging", credentials: "existing" }],
    ["with a credential from Vault", { credentials: "secret", ...vault }],
    ["local, without a context", { environment: "local", context: "" }],
    ["that has to agree with Terraform", { terraform: "../platform/eu.tfvars" }],
    ["whose tenant looks like a number", { lokiTenant: "0123" }],
  ] as const)
    it(`is valid ${title}, and says what was answered`, () => {
      const given = { ...answers, ...changes };
      const settings = checkStackText("eu", newStackText(given));
      assert.equal(settings.clusterName, given.clusterName);
      assert.equal(settings.lokiTenant, given.lokiTenant);
      assert.equal(settings.environment, given.environment);
      assert.equal(settings.kubernetes?.context ?? "", given.context);
      assert.equal(settings.credentials.mode, given.credentials);
      assert.equal(settings.vault?.path ?? "", given.vaultPath);
      assert.deepEqual(settings.terraform?.from ?? [], given.terraform === "" ? [] : [given.terraform]);
    });

  it("explains every value, and repeats no default", () => {
    const text = newStackText({ ...answers, credentials: "secret", ...vault, terraform: "a.tfvars" });
    const lines = text.split("\n");
    const keys = lines.flatMap((line, at) => (/^ {2}alloy:/.test(line) ? [at] : []));
    for (const at of keys) assert.match(lines[at - 1] ?? "", /^ {2}# \S/, lines[at]);
    assert.equal(keys.length, 7);
    const { config: defaults } = parse(fs.readFileSync(path.join(repoRoot, "Pulumi.yaml"), "utf8")) as {
      config: Record<string, { default?: unknown }>;
    };
    const { config } = parse(text) as { config: Record<string, unknown> };
    for (const [key, value] of Object.entries(config)) assert.notDeepEqual(value, defaults[key]?.default, key);
  });
});

describe("alloyctl new-stack", () => {
  it("names every flag that is missing if nobody can be asked", async () => {
    const { code, output } = await newStack("never-written");
    assert.equal(code, 2);
    assert.match(output, /2 problems; nothing was written\.\n.*--environment\n.*\n.*\n.*--cluster\n/);
  });

  it("writes nothing over a stack, and nothing that would be refused", async () => {
    const before = fs.readFileSync(path.join(repoRoot, "Pulumi.staging.yaml"), "utf8");
    const taken = await newStack("staging", "--environment", "staging", "--cluster", "a");
    assert.match(taken.output, /Pulumi\.staging\.yaml\n +exists already/);
    assert.equal(fs.readFileSync(path.join(repoRoot, "Pulumi.staging.yaml"), "utf8"), before);

    assert.throws(
      () => checkStackText("never-written", newStackText({ ...answers, clusterName: "a b" })),
      /alloy:clusterName/,
    );
    assert.equal(fs.existsSync(path.join(repoRoot, "Pulumi.never-written.yaml")), false);
  });
});
