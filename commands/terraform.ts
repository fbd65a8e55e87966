import * as fs from "node:fs";
import * as path from "node:path";

import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

import { repoRoot } from "../kit/repo-root";
import { UserError } from "../kit/user-error";
import { keyOf } from "../settings/schema-problems";
import { stackFile } from "../settings/parse-settings";
import { describeFindings, verdictOf, type Finding } from "../terraform/compare";
import { syncStackText } from "../terraform/write-back";
import { checkStackText } from "../operations/new-stack/check-stack-text";
import { runCommand } from "./command";
import { confirm } from "./confirm";
import { compareStack, sourcesOf } from "../terraform/parity";

/**
 * `npm run terraform -- check STACK --from FILE`: whether the stack says what Terraform says. Exit code 0: the same;
 * 1: something differs; 2: nobody can tell. `sync` writes Terraform's values into the stack's file, the diff first.
 */
runCommand(
  "terraform",
  ["check|sync", "STACK"],
  async ({ positionals: [action = "", stack = ""], values }) => {
    if (action !== "check" && action !== "sync")
      throw UserError.of(
        "npm run terraform",
        "",
        `does not know ${action}`,
        "say check or sync",
        "nothing was compared",
      );
    const { from, map } = values;
    const sources = sourcesOf(stack, {
      from: Array.isArray(from) ? from : [],
      ...(typeof map === "string" && { map }),
    });
    const findings = await compareStack(stack, sources);
    console.log(describeFindings(findings, stackFile(stack)));
    process.exitCode = verdictOf(findings);
    if (action === "sync" && findings.some(({ verdict }) => verdict === "differs"))
      process.exitCode = await sync(stack, findings, values["yes"] === true);
  },
  {
    from: { type: "string", multiple: true, value: "FILE" },
    map: { type: "string", value: "FILE" },
    yes: { type: "boolean" },
  },
  2,
);

/** @returns the exit code: 0 when the stack's file says what Terraform says now */
async function sync(stack: string, findings: readonly Finding[], sure: boolean): Promise<number> {
  const file = stackFile(stack);
  const place = path.join(repoRoot, file);
  const before = fs.readFileSync(place, "utf8");
  const changes = findings.flatMap(({ verdict, setting, theirs }) =>
    verdict === "differs" ? [{ setting, value: theirs.wanted }] : [],
  );
  const after = syncStackText(before, changes, file);
  console.log(
    `\n${createTwoFilesPatch(file, file, before, after, "now", "with Terraform's values", { context: 2, headerOptions: FILE_HEADERS_ONLY })}`,
  );
  checkStackText(stack, after);
  if (!sure && !(await confirm(`Write this to ${file}?`))) {
    console.log(`${file} is as it was`);
    return 1;
  }
  fs.writeFileSync(place, after);
  console.log(
    `${file}: ${changes.map(({ setting }) => keyOf(setting)).join(", ")} written; npm run preview -- ${stack} shows what changes`,
  );
  return findings.some(({ verdict }) => verdict === "unknown") ? 2 : 0;
}
