import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { repoRoot } from "../../kit/repo-root";
import {
  actionTexts,
  calledScripts,
  knownScripts,
  scriptsIn,
  scriptsRun,
  steps,
  workflows,
  workflowTexts,
} from "../support/workflows";

/** Run by a workflow and not by `.ci/run` under its own name: test:contract is a part of test:e2e, and test:deep takes too long. */
const byHand = ["test:contract", "test:deep"];

describe("the workflows", () => {
  it("are there: pull request, merge, policy pack, drift, a cluster of kind", () => {
    const names = workflows.map(([name]) => name);
    for (const name of ["preview.yml", "up.yml", "policy.yml", "drift.yml", "kind.yml", "deep.yml"])
      assert.ok(names.includes(name), name);
  });

  it("name every action by its commit", () => {
    const used = steps.flatMap(([name, { uses }]) =>
      uses === undefined || uses.startsWith("./") ? [] : [`${name}: ${uses}`],
    );
    assert.ok(used.length > 5);
    assert.deepEqual(
      used.filter((text) => !/@[0-9a-f]{40}$/.test(text)),
      [],
    );
  });

  it("name every image by its version and its digest, in the manifests that they apply too", () => {
    const kind = path.join(repoRoot, ".github", "kind");
    const manifests = fs.readdirSync(kind).map((file) => fs.readFileSync(path.join(kind, file), "utf8"));
    const images = [...workflowTexts, ...manifests].flatMap((text) =>
      [...text.matchAll(/^\s*(?:- )?(?:image|container):\s*["']?([^\s"']+)/gm)].map(([, image = ""]) => image),
    );
    assert.ok(images.length >= 3);
    assert.deepEqual(
      images.filter((image) => !/^[\w./-]+:v?\d+(\.\d+)+@sha256:[0-9a-f]{64}$/.test(image)),
      [],
    );
  });

  it("may read and no more, but for what a job says itself, and trust no fork", () => {
    for (const [name, { on, permissions, jobs }] of workflows) {
      assert.deepEqual(permissions, { contents: "read" }, name);
      assert.equal("pull_request_target" in on, false, `${name} would run a fork's code with a token`);
      for (const [job, { permissions: own = {}, if: condition = "" }] of Object.entries(jobs)) {
        assert.equal(own["contents"] ?? "read", "read", `${name}: ${job}`);
        if ("pull_request" in on && own["id-token"] === "write")
          assert.match(condition, /head\.repo\.full_name == github\.repository/, `${name}: ${job}`);
      }
    }
    for (const [name, { uses = "", with: inputs }] of steps)
      if (uses.startsWith("actions/checkout@")) assert.equal(inputs?.["persist-credentials"], false, name);
  });

  it("test in a job that cannot deploy, and deploy after it", () => {
    const deploying = workflows.flatMap(([name, { jobs }]) =>
      Object.values(jobs)
        .filter(({ steps: own }) => own.some(({ run = "" }) => scriptsIn(run).includes("up")))
        .map((job) => ({ name, job, jobs })),
    );
    assert.deepEqual(
      deploying.map(({ name }) => name),
      ["up.yml"],
    );
    for (const { name, job, jobs } of deploying) {
      const { steps: own, permissions = {} } = jobs[job.needs ?? ""] ?? { steps: [] };
      assert.ok(
        own.some(({ run = "" }) => scriptsIn(run).includes("test")),
        `${name} deploys what nothing has tested`,
      );
      assert.ok(!("id-token" in permissions), name);
      assert.ok(!job.steps.some(({ run = "" }) => scriptsIn(run).some((script) => script.startsWith("test"))), name);
    }
  });

  it("have newer versions proposed of all that they use: packages, actions, each Go module of the tools", () => {
    const { updates } = parse(fs.readFileSync(path.join(repoRoot, ".github", "dependabot.yml"), "utf8")) as {
      updates: { "package-ecosystem": string; directory?: string; directories?: string[] }[];
    };
    assert.ok(updates.some((one) => one["package-ecosystem"] === "docker" && one.directory === "/.github/kind"));
    const of = (ecosystem: string): string[] =>
      updates
        .filter((one) => one["package-ecosystem"] === ecosystem)
        .flatMap(({ directory, directories = [] }) => [
          ...directories,
          ...(directory === undefined ? [] : [directory]),
        ]);
    assert.deepEqual(of("npm"), ["/"]);
    assert.deepEqual(of("github-actions"), ["/", "/.github/actions/*"]);
    const go = path.join("packages", "sandbox", "toolchain", "go");
    const modules = fs
      .readdirSync(path.join(repoRoot, go))
      .filter((name) => fs.existsSync(path.join(repoRoot, go, name, "go.mod")));
    assert.ok(modules.length > 0);
    assert.deepEqual(
      of("gomod").sort(),
      modules.map((name) => `/${path.posix.join(...go.split(path.sep), name)}`).sort(),
    );
  });

  it("put nothing that others write into a shell: values come by the environment", () => {
    for (const [name, { run = "" }] of steps) assert.doesNotMatch(run, /\$\{\{/, name);
  });

  it("call npm scripts that exist, each of which .ci/run runs by itself or in an end-to-end test", () => {
    assert.ok(calledScripts.size >= 8, [...calledScripts].join(" "));
    const run = scriptsRun();
    for (const script of calledScripts) {
      if (script !== "ci") assert.ok(knownScripts.has(script), `there is no script or verb ${script}`);
      assert.ok(run.has(script) || byHand.includes(script), `nothing runs npm run ${script}`);
    }
    assert.deepEqual(
      byHand.filter((script) => run.has(script) || !calledScripts.has(script)),
      [],
      "is an exception no more",
    );
    assert.ok(!run.has("format"), "whatever it is asked for is said to be run");
  });

  it("run nothing but npm scripts and verbs of ours and a few words of shell, but for the one that makes a cluster", () => {
    const programs = steps
      .filter(([name]) => name !== "kind.yml")
      .flatMap(([name, { run = "" }]) =>
        run.split("\n").flatMap((line) => {
          const [program = ""] = line.trim().split(/\s/);
          return program === "" || ["npm", "npx", "umask", "printf", "echo"].includes(program)
            ? []
            : [`${name}: ${line}`];
        }),
      );
    assert.deepEqual(programs, []);
  });

  it("let no two of them wait in one queue: of those who wait GitHub keeps the last one only", () => {
    const groups = workflows.flatMap(([name, { concurrency, jobs }]) =>
      [concurrency, ...Object.values(jobs).map((job) => job.concurrency)].flatMap((held) =>
        held === undefined ? [] : [[held.group, name] as const],
      ),
    );
    for (const [group, name] of groups)
      assert.deepEqual(
        groups.filter(([other, file]) => other === group && file !== name),
        [],
        group,
      );
    for (const [name, { jobs }] of workflows)
      for (const [job, { concurrency, steps: own }] of Object.entries(jobs))
        if (own.some(({ run = "" }) => scriptsIn(run).includes("up")))
          assert.equal(concurrency?.["cancel-in-progress"], false, `${name}: ${job}`);
  });

  it("deploy and look at real clusters in environments only, by OIDC and without a stored secret", () => {
    for (const [name, { jobs }] of workflows)
      for (const [job, { environment, permissions, steps: own }] of Object.entries(jobs)) {
        const reaches = own.some(({ uses }) => uses === "./.github/actions/access");
        assert.equal(permissions?.["id-token"] === "write", reaches, `${name}: ${job}`);
        if (reaches) assert.match(environment ?? "", /matrix\.stack/, `${name}: ${job}`);
      }
    for (const file of [...workflowTexts, ...actionTexts]) assert.doesNotMatch(file, /\bsecrets\./);
  });
});
