import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { repoRoot } from "../../kit/repo-root";
import { parseSettings, stackFile } from "../../settings/parse-settings";
import type { Settings } from "../../settings/schema";
import { readStackFile } from "../../settings/stack-file";

/**
 * Checks the text of a stack's file before it is written.
 *
 * @throws UserError with all that is wrong
 */
export function checkStackText(stack: string, text: string): Settings {
  // readStackFile reads a folder, since the defaults of Pulumi.yaml belong to a stack as well.
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "alloy-stack-"));
  try {
    fs.copyFileSync(path.join(repoRoot, "Pulumi.yaml"), path.join(dir, "Pulumi.yaml"));
    fs.writeFileSync(path.join(dir, stackFile(stack)), text);
    const { config, file, secretKeys, environments } = readStackFile(stack, dir);
    return parseSettings(config, file, secretKeys, environments);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}
