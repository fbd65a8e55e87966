import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { stripVTControlCharacters } from "node:util";

import { parse } from "yaml";

import { waitUntil } from "../../packages/sandbox/process/waiting";
import { copyCheckout, type CheckoutCopy } from "./support/checkout";
import { run } from "./support/command";
import { sandbox } from "./support/sandbox";

const difference = /"detectviz-local" +Pulumi\.local\.yaml:4\n +"detectviz-here" +terraform\.tfvars:2 \(cluster_name\)/;

/** A checkout whose stack says another name of the cluster than Terraform does. */
describe("a stack that has to say what Terraform says", () => {
  let copy: CheckoutCopy;
  const alloyctl = (verb: string, ...args: string[]) => sandbox().alloyctl(verb, args, { cwd: copy.folder });
  const stackText = (): Promise<string> => fs.readFile(path.join(copy.folder, "Pulumi.local.yaml"), "utf8");

  before(async () => {
    copy = await copyCheckout();
    await fs.writeFile(
      path.join(copy.folder, "terraform.tfvars"),
      '# what the platform says\ncluster_name = "detectviz-here"\n',
    );
    await fs.writeFile(path.join(copy.folder, "here.map.yaml"), "cluster_name: clusterName\n");
    await copy.edit(
      "Pulumi.local.yaml",
      (text) => `${text}  alloy:terraform: { from: terraform.tfvars, map: here.map.yaml } # both by hand\n`,
    );
  });

  after(() => copy.remove());

  it("is refused by preview and by up before an engine is started, with both places", async () => {
    const before = await sandbox().deployed();
    for (const args of [
      ["preview", "local"],
      ["up", "local", "--yes"],
    ] as const) {
      const [verb, ...rest] = args;
      const result = await alloyctl(verb, ...rest);
      assert.equal(result.exitCode, 1, result.output);
      assert.match(result.output, /^1 problem; nothing was deployed\.$/m);
      assert.match(result.output, /detectviz-local/);
      assert.match(result.output, /terraform\.tfvars:2/);
      assert.doesNotMatch(result.output, /Previewing|^ +at .+:\d+/m);
    }
    assert.deepEqual(await sandbox().deployed(), before);
  });

  it("fails the workflow's alloyctl parity, as a person would write the difference", async () => {
    const parity = await alloyctl("parity");
    assert.equal(parity.exitCode, 1, parity.output);
    assert.match(parity.stdout, difference);
    assert.match(parity.stdout, /^Pulumi\.production\.yaml: names no file of Terraform's/m);
    const check = await alloyctl("terraform", "check", "local");
    assert.equal(check.exitCode, 1, check.output);
    assert.match(check.stdout, difference);
  });

  it("takes Terraform's value over by sync, one word of the file and nothing else, and then passes", async () => {
    const before = await stackText();
    const asked = await alloyctl("terraform", "sync", "local");
    assert.equal(asked.exitCode, 2, asked.output);
    assert.match(asked.output, /is no terminal, so nobody can be asked/);
    assert.equal(await stackText(), before);

    const synced = await alloyctl("terraform", "sync", "local", "--yes");
    assert.equal(synced.exitCode, 0, synced.output);
    assert.match(synced.output, /^-  alloy:clusterName: detectviz-local$/m);
    assert.match(synced.output, /^\+  alloy:clusterName: detectviz-here$/m);
    assert.equal(await stackText(), before.replace("clusterName: detectviz-local", "clusterName: detectviz-here"));

    const parity = await alloyctl("parity");
    assert.equal(parity.exitCode, 0, parity.output);
    const check = await alloyctl("terraform", "check", "local");
    assert.equal(check.exitCode, 0, check.output);
  });

  it("is compared with what terraform output -json prints, by standard input; a sensitive value is refused", async () => {
    const check = (outputs: object) =>
      run("bash", ["-c", 'node commands/alloyctl.js terraform check local --from - <<< "$OUTPUTS"'], {
        cwd: copy.folder,
        env: { OUTPUTS: JSON.stringify(outputs) },
      });
    const same = await check({ cluster_name: { sensitive: false, type: "string", value: "detectviz-here" } });
    assert.equal(same.exitCode, 0, same.output);
    const differs = await check({ cluster_name: { sensitive: false, type: "string", value: "detectviz-there" } });
    assert.equal(differs.exitCode, 1, differs.output);
    assert.match(differs.stdout, /"detectviz-there" +standard input:1 \(cluster_name\)/);
    const hidden = await check({ cluster_name: { sensitive: true, type: "string", value: "not-for-anybody" } });
    assert.equal(hidden.exitCode, 2, hidden.output);
    assert.match(hidden.stdout, /marks it as sensitive/);
    assert.doesNotMatch(hidden.output, /not-for-anybody/);
  });

  it("cannot be told where Terraform would have to evaluate: exit code 2, and preview refuses", async () => {
    await copy.edit("terraform.tfvars", () => 'cluster_name = "${var.platform}-here"\n');
    const parity = await alloyctl("parity");
    assert.equal(parity.exitCode, 2, parity.output);
    assert.match(parity.stdout, /"\$\{var\.platform\}-here" has to be evaluated by Terraform/);
    const preview = await alloyctl("preview", "local");
    assert.equal(preview.exitCode, 2, preview.output);
    assert.match(preview.output, /has to be evaluated by Terraform/);
  });
});

describe("alloyctl new-stack", () => {
  let copy: CheckoutCopy;
  const alloyctl = (verb: string, ...args: string[]) => sandbox().alloyctl(verb, args, { cwd: copy.folder });

  before(async () => {
    copy = await copyCheckout();
  });

  after(() => copy.remove());

  it("writes from flags a stack that renders, has its golden file and its place in parity", async () => {
    await fs.writeFile(path.join(copy.folder, "eu.tfvars"), 'cluster_name = "detectviz-eu"\n');
    const flags = ["--environment", "staging", "--cluster", "detectviz-eu", "--terraform", "eu.tfvars"];
    const made = await alloyctl("new-stack", "eu", ...flags);
    assert.equal(made.exitCode, 0, made.output);
    assert.match(made.stdout, /^Pulumi\.eu\.yaml is written\. Next:$/m);
    const text = await fs.readFile(path.join(copy.folder, "Pulumi.eu.yaml"), "utf8");
    assert.ok(made.stdout.startsWith(text), "what is shown is not what is written");

    const rendered = await alloyctl("render", "eu");
    assert.equal(rendered.exitCode, 0, rendered.output);
    assert.match(rendered.stdout, /^ +value: detectviz-eu$/m);
    const parity = await alloyctl("parity");
    assert.equal(parity.exitCode, 0, parity.output);
    assert.match(parity.stdout, /^Pulumi\.eu\.yaml and Terraform: 1 is the same$/m);
    const golden = await sandbox().npm("golden:update", [], { cwd: copy.folder });
    assert.equal(golden.exitCode, 0, golden.output);
    assert.match(golden.stdout, /^eu: updated, read the diff before you commit it$/m);
    assert.match(golden.stdout, /^production: unchanged$/m);
  });

  it("asks on a terminal for what no flag says, with what is usual in brackets", async () => {
    const answers: [question: RegExp, answer: string][] = [
      [/^Environment \(production, staging, local\).*: $/m, "production"],
      [/^Name of the Kubernetes cluster.*: $/m, "detectviz-us"],
      [/^Loki's tenant \[us\]: $/m, ""],
      [/^Context of the kubeconfig \[detectviz-us\]: $/m, ""],
      [/^Loki's credential.*\[none\]: $/m, "secret"],
      [/^Vault's address: $/m, "https://vault.example:8200"],
      [/^Folder in Vault \[detectviz\/us\/alloy\]: $/m, ""],
      [/^Terraform's file to agree with \[\]: $/m, ""],
    ];
    const output = await onTerminal("node commands/alloyctl.js new-stack us", copy.folder, answers);
    assert.match(output, /Pulumi\.us\.yaml is written/);
    const { config } = parse(await fs.readFile(path.join(copy.folder, "Pulumi.us.yaml"), "utf8")) as {
      config: unknown;
    };
    assert.deepEqual(config, {
      "alloy:clusterName": "detectviz-us",
      "alloy:lokiTenant": "us",
      "alloy:environment": "production",
      "alloy:kubernetes": { context: "detectviz-us" },
      "alloy:vault": { address: "https://vault.example:8200", path: "detectviz/us/alloy" },
      "alloy:credentials": { mode: "secret" },
    });
  });
});

/** Types answers into a command on a terminal (script(1) of util-linux), each once its question stands there. */
async function onTerminal(
  command: string,
  cwd: string,
  answers: [question: RegExp, answer: string][],
): Promise<string> {
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (part: Buffer) => {
    output += part.toString("utf8");
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let read = 0;
  for (const [question, answer] of answers) {
    await waitUntil(
      `it asks ${String(question)}`,
      () => Promise.resolve(question.test(plain(output.slice(read))) || plain(output)),
      { timeoutMs: 60_000 },
    );
    read = output.length;
    child.stdin.write(`${answer}\n`);
  }
  assert.equal(await ended, 0, plain(output));
  return plain(output);
}

/** Without the line editor's colours and cursor movements, and with the lines' ends of a file. */
const plain = (text: string): string => stripVTControlCharacters(text).replaceAll("\r", "");
