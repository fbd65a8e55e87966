import * as fs from "node:fs";
import * as path from "node:path";

import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

import { stackFile } from "../../settings/parse-settings";
import { keyOf } from "../../settings/schema-problems";
import { syncStackText } from "../../terraform/write-back";
import { checkStackText } from "../new-stack/check-stack-text";
import type { Comparison } from "./compare-stacks";

/**
 * Writes Terraform's values into a stack's file, once whoever is asked has seen the diff. The new text is checked first.
 *
 * @param ask the question, with the diff printed before it
 * @returns exit code 0 if the file says what Terraform says now, 1 if the answer was no, 2 if some values are unknown
 * @throws UserError if the file would be refused with those values
 */
export async function syncStack(
  { stack, folder }: { stack: string; folder: string },
  { findings }: Comparison,
  ask: (question: string) => Promise<boolean>,
): Promise<Omit<Comparison, "findings">> {
  const file = stackFile(stack);
  const place = path.join(folder, file);
  const before = fs.readFileSync(place, "utf8");
  const changes = findings.flatMap(({ verdict, setting, theirs }) =>
    verdict === "differs" ? [{ setting, value: theirs.wanted }] : [],
  );
  const after = syncStackText(before, changes, file);
  checkStackText(stack, after);
  const patch = createTwoFilesPatch(file, file, before, after, "now", "with Terraform's values", {
    context: 2,
    headerOptions: FILE_HEADERS_ONLY,
  });
  console.error(`\n${patch}`);
  const keys = changes.map(({ setting }) => keyOf(setting));
  if (!(await ask(`Write this to ${file}?`)))
    return { exitCode: 1, text: `${file} is as it was`, json: { stack, written: [] } };
  fs.writeFileSync(place, after);
  return {
    exitCode: findings.some(({ verdict }) => verdict === "unknown") ? 2 : 0,
    text: `${file}: ${keys.join(", ")} written; npx alloyctl preview ${stack} shows what changes`,
    json: { stack, written: keys },
  };
}
