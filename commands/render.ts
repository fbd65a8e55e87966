import * as fs from "node:fs";
import * as path from "node:path";

import { repoRoot } from "../kit/repo-root";
import { UserError } from "../kit/user-error";
import { stackFile } from "../settings/parse-settings";
import { readStackFile } from "../settings/stack-file";
import { runCommand } from "./command";
import { checkStack } from "../operations/engine/run";
import { kustomizeBase, vaultCommands } from "../operations/recording/kustomize";
import { kubernetesObjects, toYaml } from "../operations/recording/manifests";
import { recordProgram } from "../operations/recording/record-program";

/**
 * `npm run render -- STACK [--out FILE] [--kustomize FOLDER]`: what the stack would create, as YAML, offline. With
 * `--kustomize` as a base for those who deploy with Kustomize or ArgoCD.
 */
runCommand(
  "render",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const { resources } = await recordProgram({ stack, ...readStackFile(stack, repoRoot) });
    const folder = values["kustomize"];
    if (typeof folder === "string") {
      const settings = checkStack(stack);
      const files = kustomizeBase(kubernetesObjects(resources), settings, stackFile(stack));
      if (!fs.existsSync(folder)) fs.mkdirSync(folder, { recursive: true });
      for (const [name, text] of files) writeFile(path.join(folder, name), text);
      console.error(`${folder}: ${files.size - 1} objects of stack ${stack}, and kustomization.yaml`);
      const inVault = vaultCommands(settings);
      if (inVault !== undefined)
        console.error(`Vault must have these before the base is applied, or no collector starts:\n${inVault}`);
      return;
    }
    const text = toYaml(kubernetesObjects(resources));
    const out = values["out"];
    if (typeof out !== "string") {
      process.stdout.write(text);
      return;
    }
    writeFile(out, text);
    console.error(`${out}: ${kubernetesObjects(resources).length} objects of stack ${stack}`);
  },
  { out: { type: "string", value: "FILE" }, kustomize: { type: "string", value: "FOLDER" } },
);

function writeFile(file: string, text: string): void {
  try {
    fs.writeFileSync(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw UserError.of("--out", file, `cannot be written (${reason})`, "name a file in a folder that exists");
  }
}
