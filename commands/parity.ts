import { repoRoot } from "../kit/repo-root";
import { describeFindings, verdictOf } from "../terraform/compare";
import { stackFile } from "../settings/parse-settings";
import { readStackFile, stacksIn } from "../settings/stack-file";
import { runCommand } from "./command";
import { compareStack, sourcesOf } from "../terraform/parity";

/**
 * `npm run parity`: every stack that names Terraform's files (`alloy:terraform`), compared with them; for a workflow, and
 * without an engine. Exit code as that of `npm run terraform -- check`, the worst of all stacks.
 */
runCommand(
  "parity",
  [],
  async () => {
    let worst = 0;
    for (const stack of stacksIn(repoRoot)) {
      if (!("alloy:terraform" in readStackFile(stack, repoRoot).config)) {
        console.log(`${stackFile(stack)}: names no file of Terraform's (alloy:terraform), so nothing is compared`);
        continue;
      }
      const findings = await compareStack(stack, sourcesOf(stack, { from: [] }));
      console.log(describeFindings(findings, stackFile(stack)));
      worst = Math.max(worst, verdictOf(findings));
    }
    process.exitCode = worst;
  },
  {},
  2,
);
