import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";

import { parse } from "yaml";

import { installExample, removeFolders } from "../library/support/pack";
import { run, type CommandResult } from "./support/command";
import { sandbox } from "./support/sandbox";

/** A program that makes the provider and then runs this; its types are not checked, as in JavaScript. */
const programWith = (body: string): string => `
import { Alloy } from "@detectviz/alloy";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const context = new pulumi.Config().require("context");
const mutable = { enableConfigMapMutable: true, enableSecretMutable: true };
const right: any = { clusterName: "example-cluster", lokiTenant: "example", environment: "staging" };
${body}
`;

describe("a program of somebody else, with the package installed", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let there: Record<string, string>;

  before(async () => {
    folder = await installExample();
    const engine = await sandbox().engine();
    // Its own state, and none of the options that mean our stack.
    const own = Object.entries(engine.env).filter(([name]) => !name.startsWith("PULUMI_OPTION_"));
    env = { ...Object.fromEntries(own), PULUMI_BACKEND_URL: `file://${folder}` };
    there = await sandbox().deployed();
    await offerPack(engine.policyPack);
    for (const args of [
      ["stack", "init", "staging"],
      ["config", "set", "context", engine.madeFrom.addresses.context],
    ]) {
      const { exitCode, output } = await pulumi(...args);
      assert.equal(exitCode, 0, output);
    }
  });

  after(removeFolders);

  /**
   * The engine of a sandbox that was built without a language host of its version starts no pack of runtime `nodejs`, and
   * a pack in TypeScript has no other. There the example's pack is compiled, and started as the sandbox starts ours.
   */
  const offerPack = async (policyPack: string): Promise<void> => {
    const { runtime } = parse(await fs.readFile(path.join(policyPack, "PulumiPolicy.yaml"), "utf8")) as {
      runtime: string;
    };
    if (runtime === "nodejs") return;
    const compiled = await run(process.execPath, ["node_modules/typescript/bin/tsc", "--outDir", "."], { cwd: folder });
    assert.equal(compiled.exitCode, 0, compiled.output);
    await fs.rm(path.join(folder, "index.js"));
    await fs.writeFile(path.join(folder, "policy", "PulumiPolicy.yaml"), `runtime: ${runtime}\nmain: index.js\n`);
    const manifest = path.join(folder, "policy", "package.json");
    await fs.writeFile(manifest, (await fs.readFile(manifest, "utf8")).replace("index.ts", "index.js"));
  };

  const pulumi = (...args: string[]): Promise<CommandResult> =>
    run("pulumi", [...args, "--non-interactive"], { cwd: folder, env });

  /** Previews another program in the same folder. */
  const previewOf = async (body: string): Promise<CommandResult> => {
    await fs.writeFile(path.join(folder, "index.ts"), programWith(body));
    return pulumi("preview");
  };

  /** Asserts that the engine printed one report with these places, in words without a stack's file, and no stack trace. */
  const assertReport = ({ exitCode, output }: CommandResult, ...places: string[]): void => {
    assert.notEqual(exitCode, 0, output);
    assert.match(output, new RegExp(`${places.length} problems?; nothing was deployed\\.`), output);
    for (const place of places) assert.ok(output.includes(place), `${place}\n${output}`);
    assert.doesNotMatch(output, /^\s+at .*:\d+:\d+|unhandled exception|(?<!detectviz:)alloy:[a-z]/im, output);
  };

  it("is previewed by the real engine, and passes the rules of the package in its own pack", async () => {
    const { exitCode, output } = await pulumi("preview", "--policy-pack", "policy");
    assert.equal(exitCode, 0, output);
    assert.match(output, /kubernetes:apps\/v1:DaemonSet +alloy-collectors-daemon-set +create/);
    assert.match(output, /platform@v1\.0\.0/);
    assert.doesNotMatch(output, /can't run policy|warning:/i);
  });

  it("is refused by that pack when a container that it adds is privileged", async () => {
    const example = await fs.readFile(path.join(folder, "index.ts"), "utf8");
    const bad = `
new kubernetes.core.v1.Pod(
  "bad",
  { metadata: { namespace: "default" }, spec: { containers: [{ name: "bad", image: "bad:1", securityContext: { privileged: true } }] } },
  { provider: cluster },
);
`;
    await fs.writeFile(path.join(folder, "index.ts"), example + bad);
    const { exitCode, output } = await pulumi("preview", "--policy-pack", "policy");
    assert.notEqual(exitCode, 0, output);
    assert.match(output, /\[mandatory\].* container-privileged +\(kubernetes:core\/v1:Pod:? bad\)/);
    assert.doesNotMatch(output, / alloy-[a-z-]+ +\(/, "the Pod is no collector");
  });

  it("is told every mistake in one report", async () => {
    const result = await previewOf('new Alloy("alloy", { ...right, lokiTenat: "x", canary: true });');
    assertReport(result, 'new Alloy("alloy", …): lokiTenat', 'new Alloy("alloy", …): canary', "…): providers");
  });

  it("is told that Terraform says otherwise, by a comparison that takes longer than the constructor", async () => {
    await fs.writeFile(path.join(folder, "terraform.map.yaml"), "cluster_name: clusterName\n");
    await fs.writeFile(path.join(folder, "values.tfvars"), 'cluster_name = "another"\n');
    const result = await previewOf(`
const provider = new kubernetes.Provider("cluster", { context, ...mutable });
new Alloy("alloy", { ...right, terraform: { from: "values.tfvars" } }, { provider });`);
    assertReport(result, 'new Alloy("alloy", …): clusterName');
    assert.match(result.output, /but values\.tfvars:1 says/);
    assert.doesNotMatch(result.output, /kubernetes:(core|apps|rbac|api)/, "an object was read or planned");
  });

  it("is told that one cluster has one of them", async () => {
    const result = await previewOf(`
const provider = new kubernetes.Provider("cluster", { context, ...mutable });
for (const name of ["first", "second"]) new Alloy(name, { ...right, clusterName: name }, { provider });`);
    assert.notEqual(result.exitCode, 0);
    assert.match(
      result.output,
      /new Alloy\("second", …\): providers\n +have the Kubernetes provider of new Alloy\("first", …\)/,
    );
  });

  it("is told that Vault holds no credential, with the argument that names the path", async () => {
    const { vault } = await sandbox().servers();
    const result = await previewOf(`
import * as vault from "@pulumi/vault";
const providers = [
  new kubernetes.Provider("cluster", { context, ...mutable }),
  new vault.Provider("vault", { address: ${JSON.stringify(vault.address)}, skipChildToken: true }),
];
const args = { ...right, credentials: { mode: "secret" }, vault: { address: ${JSON.stringify(vault.address)}, path: "nobody/wrote/this" } };
new Alloy("alloy", args, { providers });`);
    assertReport(result, 'new Alloy("alloy", …): vault.path');
  });

  it("is warned of a provider that deletes what it changes", async () => {
    const { exitCode, output } = await previewOf(`
new Alloy("alloy", right, { provider: new kubernetes.Provider("cluster", { context }) });`);
    assert.equal(exitCode, 0, output);
    for (const option of ["enableConfigMapMutable", "enableSecretMutable"])
      assert.match(output, new RegExp(`have a Kubernetes provider without ${option}`));
  });

  it("has changed nothing by all these previews", async () => {
    assert.deepEqual(await sandbox().deployed(), there);
  });
});
