import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { isFresh, stateOf } from "../../loading/fresh";

describe("loading of TypeScript", () => {
  // A checkout of its own: what is tested is what happens when a source changes.
  let root: string;
  const write = (file: string, text: string): void => fs.writeFileSync(path.join(root, file), text);

  before(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-loading-"));
    fs.cpSync(path.join(repoRoot, "loading"), path.join(root, "loading"), { recursive: true });
    fs.mkdirSync(path.join(root, "node_modules"));
    // Its bundles are its own; what the bundler and tsx need is the checkout's.
    for (const name of fs.readdirSync(path.join(repoRoot, "node_modules")).filter((one) => one !== ".cache"))
      fs.symlinkSync(path.join(repoRoot, "node_modules", name), path.join(root, "node_modules", name));
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));

  function loaded(expression: string, env: Record<string, string> = {}): { stdout: string; stderr: string } {
    const script = `const it = require("./loading/load").load("entry.ts", { stacks: true }); console.log(${expression});`;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
    return { stdout: stdout.trim(), stderr };
  }

  it("has what the sources say, also right after one has changed", () => {
    write("other.ts", "export const value: number = 1;\n");
    write("entry.ts", 'import { value } from "./other";\nexport const twice: number = 2 * value;\n');
    assert.equal(loaded("it.twice").stdout, "2");
    assert.equal(loaded("it.twice").stdout, "2");
    write("other.ts", "export const value: number = 7;\n"); // as long as before
    assert.equal(loaded("it.twice").stdout, "14");
    write("other.ts", "export const value: number = 20;\n");
    assert.equal(loaded("it.twice").stdout, "40");
  });

  it("reads one file of JavaScript the second time, and no source", () => {
    const made = fs.readdirSync(path.join(root, "node_modules", ".cache", "alloy-bundles"));
    const ends = [".js", ".js.map", ".js.json", `.js.${process.version}-${process.arch}.bin`];
    assert.deepEqual(made.sort(), ends.map((end) => `entry.ts${end}`).sort());
    const tsx = loaded('Object.keys(require.cache).some((file) => file.includes("tsx"))');
    assert.equal(tsx.stdout, "false", tsx.stderr);
  });

  it("takes a bundle for the one Node that it was compiled by, and compiles it anew for another", () => {
    const file = path.join(
      root,
      "node_modules/.cache/alloy-bundles",
      `entry.ts.js.${process.version}-${process.arch}.bin`,
    );
    fs.writeFileSync(file, "what another V8 has written");
    assert.equal(loaded("it.twice").stdout, "40");
    assert.ok(fs.statSync(file).size > 100);
  });

  it("gives each file its own folder", () => {
    fs.mkdirSync(path.join(root, "below"), { recursive: true });
    write("below/place.ts", "export const place = __dirname;\n");
    write("entry.ts", 'export { place } from "./below/place";\nexport const own: string = __dirname;\n');
    assert.equal(loaded("it.own, it.place").stdout, `${root} ${path.join(root, "below")}`);
  });

  it("makes a bundle anew in a checkout that was moved", () => {
    const moved = `${root}-moved`;
    fs.renameSync(root, moved);
    root = moved;
    assert.equal(loaded("it.own").stdout, moved);
  });

  it("names the source in the stack of an error", () => {
    write("entry.ts", 'interface Left { out: true }\n\nexport function fail(): never {\n  throw new Error("it");\n}\n');
    const { stderr } = loaded("it.fail()");
    assert.match(stderr, /at (Object\.)?fail \(entry\.ts:4:9\)/);
  });

  it("leaves a source that cannot be read to tsx, which says what is wrong with it", () => {
    write("entry.ts", "export const half = (;\n");
    assert.match(loaded("1").stderr, /entry\.ts:1:\d+: ERROR/);
  });

  it("takes nothing for fresh that it knows nothing of, nor a file that has gone", () => {
    assert.equal(isFresh({}), false);
    const state = stateOf(["package.json"]);
    assert.equal(isFresh(state), true);
    assert.equal(isFresh({ ...state, "no/such/file.ts": "1 1" }), false);
  });

  it("imports packages that stay outside, also with the code that V8 has kept", () => {
    write("entry.ts", 'export const version = async () => (await import("esbuild")).version;\n');
    const asked = 'it.version().then((version) => console.log("esbuild", version), console.error)';
    for (const time of ["first", "second", "third"]) {
      const { stdout, stderr } = loaded(asked);
      assert.match(stdout, /^esbuild \d+\.\d+\.\d+$/m, `${time} time: ${stderr}`);
      assert.equal(stderr, "", time);
    }
  });
});

describe("packages that Pulumi's SDK loads for functions that become text", () => {
  const script = (lazily: boolean): string => `
    ${lazily ? 'require("./loading/lazy-packages").loadLazily();' : ""}
    const { runtime } = require("@pulumi/pulumi");
    const there = () => Object.keys(require.cache).some((file) => /node_modules.typescript./.test(file));
    const before = there();
    const held = 40;
    runtime.serializeFunction(() => held + 2).then(({ text }) => console.log(JSON.stringify({ before, after: there(), text })));
  `;
  const run = (lazily: boolean): { before: boolean; after: boolean; text: string } => {
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", script(lazily)], { cwd: repoRoot, encoding: "utf8" });
    assert.notEqual(stdout, "", stderr);
    return JSON.parse(stdout) as { before: boolean; after: boolean; text: string };
  };

  it("are loaded when one becomes text, which then is the same", () => {
    const [lazily, atOnce] = [run(true), run(false)];
    assert.deepEqual([lazily.before, lazily.after, atOnce.before], [false, true, true]);
    assert.match(lazily.text, /held/);
    assert.equal(lazily.text, atOnce.text);
  });
});
