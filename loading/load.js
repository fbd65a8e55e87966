// Loads TypeScript fast. tsx finds, reads and transforms each file by itself, which costs half a second of processor time
// at every start. Here an entry is one file of JavaScript in node_modules/.cache, with the code that V8 made of it.
const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const { isFresh, root } = require("./fresh");
const { nameSources } = require("./name-sources");

const folder = path.join(root, "node_modules", ".cache", "alloy-bundles");

/**
 * What an entry of the checkout exports. The bundle is made anew if a file of it has changed. If it cannot be made, as of
 * a file that is half written or in a folder that nobody may write to, tsx loads the entry and says what is wrong.
 *
 * @param {string} entry such as "index.ts"
 * @param {{ stacks?: boolean }} options stacks: name the sources in the stacks of errors. Pulumi's SDK reads a stack at each
 *   promise, so not where that runs
 * @returns {any}
 */
function load(entry, { stacks = false } = {}) {
  const bundle = path.join(folder, `${entry.replaceAll("/", "-")}.js`);
  if (fresh(bundle) || made(entry, bundle)) {
    if (stacks) nameSources(bundle);
    return run(bundle);
  }
  require("tsx/cjs");
  return require(path.join(root, entry));
}

function fresh(bundle) {
  try {
    // A bundle names folders: one that was copied along with a checkout names those of another.
    const { root: madeIn, state } = JSON.parse(fs.readFileSync(`${bundle}.json`, "utf8"));
    return madeIn === root && isFresh(state);
  } catch {
    return false; // there is none yet
  }
}

function made(entry, bundle) {
  try {
    execFileSync(process.execPath, [path.join(__dirname, "bundle.js"), entry, bundle], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function run(bundle) {
  const code = fs.readFileSync(bundle, "utf8");
  const compiled = `${bundle}.${process.version}-${process.arch}.bin`;
  // V8 itself compares the length only: a source with one letter changed would run as it was before.
  const name = createHash("sha256").update(code).digest();
  const kept = fs.existsSync(compiled) ? fs.readFileSync(compiled) : Buffer.alloc(0);
  const cachedData = kept.subarray(0, name.length).equals(name) ? kept.subarray(name.length) : undefined;
  const script = new vm.Script(Module.wrap(code), { filename: bundle, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, Module.createRequire(bundle), module, bundle, folder);
  // Only now does V8 hold the functions that were called while it was loaded.
  if (cachedData === undefined || script.cachedDataRejected === true)
    keep(compiled, Buffer.concat([name, script.createCachedData()]));
  return module.exports;
}

/** The next start has it; without it that is slower, and nothing else. */
function keep(file, data) {
  const draft = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(draft, data);
    fs.renameSync(draft, file);
  } catch {
    fs.rmSync(draft, { force: true });
  }
}

module.exports = { load };
