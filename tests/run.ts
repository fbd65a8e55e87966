import { spawn } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";

/** One suite: what `npm run test:NAME` runs if no file is named. */
interface Suite {
  /** Patterns of test files, from the repository's root. */
  files: readonly string[];
  /** How long one test may take, in milliseconds. */
  timeoutMs: number;
  /** Modules that mocha loads first: hooks that start what every file of the suite needs. */
  require?: readonly string[];
  /** In how many processes its files run, if the whole suite does; one by default. */
  jobs?: number;
}

const sandboxHooks = ["./tests/e2e/support/hooks.ts"];

/** Every suite. `npm test` runs `unit` beside the linter and the type check; `.ci/run` runs all but `deep`. */
const suites: Record<string, Suite> = {
  unit: {
    files: ["tests/!(e2e|deep|checkov|library)/*.test.ts", "packages/sandbox/tests/*.test.ts"],
    timeoutMs: 120_000,
    // The linter and the type check, which run beside it, have ended after a few seconds.
    jobs: Math.min(os.availableParallelism(), 4),
  },
  policy: { files: ["tests/policy/mutation/*.test.ts", "tests/alerts/promtool/*.test.ts"], timeoutMs: 120_000 },
  checkov: { files: ["tests/checkov/*.test.ts"], timeoutMs: 300_000 },
  library: { files: ["tests/library/*.test.ts"], timeoutMs: 600_000 },
  contract: {
    files: ["packages/sandbox/tests/contract/*.test.ts"],
    timeoutMs: 600_000,
    require: ["./packages/sandbox/tests/contract/platform.ts"],
  },
  e2e: {
    files: ["packages/sandbox/tests/contract/*.test.ts", "tests/e2e/*.test.ts"],
    timeoutMs: 1_200_000,
    require: sandboxHooks,
  },
  deep: { files: ["tests/deep/*.test.ts"], timeoutMs: 3_600_000, require: sandboxHooks },
};

/**
 * `tsx tests/run.ts SUITE [FILE…] [mocha's flags]`: runs a suite, or only the named files of it. mocha itself adds the
 * files that it is given to those of a script, so a script could not be narrowed.
 */
function run([name = "", ...rest]: readonly string[]): void {
  const suite = suites[name];
  if (suite === undefined) {
    console.error(`There is no suite ${name}. The suites are ${Object.keys(suites).join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  // A flag that takes a value keeps it: only what looks like a path names a file.
  const named = rest.some((word) => !word.startsWith("-") && word.includes("/"));
  const args = [
    ...["--timeout", String(suite.timeoutMs)],
    // mocha takes these before those of its configuration, and hooks are TypeScript.
    ...["tsx/cjs", ...(suite.require ?? [])].flatMap((module) => ["--require", module]),
    // A second process loads everything once more: that pays for a suite, and not for a file.
    ...(named || (suite.jobs ?? 1) < 2 ? [] : ["--parallel", "--jobs", String(suite.jobs)]),
    ...(named ? [] : suite.files),
    ...rest,
  ];
  const mocha = path.join(path.dirname(require.resolve("mocha/package.json")), "bin", "mocha.js");
  const child = spawn(process.execPath, [mocha, ...args], { stdio: "inherit" });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 130);
  });
}

run(process.argv.slice(2));
