import * as fs from "node:fs/promises";
import * as path from "node:path";

import { lineWidth, referenceOf } from "../../commands/command-line/reference";
import { verbGroups } from "../../commands/verbs";
import { repoRoot } from "../../kit/repo-root";
import { sandboxVerbs } from "../../packages/sandbox/commands/main";

/** docs/reference/commands.md */
export const commandsFile = path.join(repoRoot, "docs", "reference", "commands.md");

/** Its text, as prettier formats it. */
export async function commandsText(): Promise<string> {
  const { format, resolveConfig } = await import("prettier");
  const groups = [...verbGroups(), { title: "Try everything out on one machine", verbs: sandboxVerbs() }];
  const options = (await resolveConfig(commandsFile)) ?? {};
  return format(referenceOf(groups), { ...options, printWidth: lineWidth, proseWrap: "always", parser: "markdown" });
}

// Called by `npm run docs:update`.
if (require.main === module) void commandsText().then((text) => fs.writeFile(commandsFile, text));
