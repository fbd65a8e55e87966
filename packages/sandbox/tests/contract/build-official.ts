import { buildOfficialPlugins } from "../../toolchain/official-plugins";

/** `npx tsx packages/sandbox/tests/contract/build-official.ts`: builds the plugins, if need be, and prints their folder. */
buildOfficialPlugins((tool, text) => process.stderr.write(`${tool}: ${text}\n`)).then(
  (folder) => process.stdout.write(`${folder}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
