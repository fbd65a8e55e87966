import * as fs from "node:fs";

import { repoRoot } from "../sandbox/paths";
import { UserError } from "../settings/errors";
import { readStackFile } from "../settings/stack-file";
import { runCommand } from "./command";
import { kubernetesObjects, toYaml } from "./manifests";
import { recordProgram } from "./record";

/** `npm run render -- STACK [--out FILE]`: what the stack would create, as YAML, offline. */
runCommand(
  "render",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const { resources } = await recordProgram({ stack, ...readStackFile(stack, repoRoot) });
    const text = toYaml(kubernetesObjects(resources));
    const out = values["out"];
    if (typeof out !== "string") {
      process.stdout.write(text);
      return;
    }
    writeFile(out, text);
    console.error(`${out}: ${kubernetesObjects(resources).length} objects of stack ${stack}`);
  },
  { out: { type: "string", value: "FILE" } },
);

function writeFile(file: string, text: string): void {
  try {
    fs.writeFileSync(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw UserError.of("--out", file, `cannot be written (${reason})`, "name a file in a folder that exists");
  }
}
