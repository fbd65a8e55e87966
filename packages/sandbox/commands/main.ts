import { createRequire } from "node:module";

import { runVerb } from "../../../commands/command-line/run";
import type { Verb } from "../../../commands/command-line/verb";

/** The sandbox's own commands: `npm start` and `npm run sandbox:NAME`. The file NAME.ts exports it as `verb`. */
export const sandboxVerbNames = ["start", "status", "env", "down", "doctor"] as const;

const load = createRequire(__filename);

/** All of them, for the reference. */
export const sandboxVerbs = (): Verb[] => sandboxVerbNames.map((name) => (load(`./${name}`) as { verb: Verb }).verb);

// Called as `node --require tsx/cjs packages/sandbox/commands/main.ts NAME …`, by the scripts of package.json.
if (require.main === module) {
  const [name = "", ...words] = process.argv.slice(2);
  const { verb } = load(`./${name}`) as { verb: Verb };
  void runVerb(verb, words);
}
