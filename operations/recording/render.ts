import * as fs from "node:fs";
import * as path from "node:path";

import { UserError } from "../../kit/user-error";
import { parseSettings } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";
import { kustomizeBase, vaultCommands } from "./kustomize";
import { kubernetesObjects, toYaml } from "./manifests";
import { recordProgram } from "./record-program";

/** What a stack would create, as Kubernetes objects and as YAML; secrets are `[secret]`. */
export interface Rendered {
  objects: Record<string, unknown>[];
  yaml: string;
}

/** Runs the program offline for one stack, without an engine. */
export async function renderStack({ stack, folder }: { stack: string; folder: string }): Promise<Rendered> {
  const { resources } = await recordProgram({ stack, ...readStackFile(stack, folder) });
  const objects = kubernetesObjects(resources);
  return { objects, yaml: toYaml(objects) };
}

/**
 * Writes a stack as a Kustomize base.
 *
 * @returns what a person has to know of it
 */
export function writeKustomizeBase(
  { stack, folder }: { stack: string; folder: string },
  { objects }: Rendered,
  out: string,
): string {
  const { config, file, secretKeys, environments } = readStackFile(stack, folder);
  const settings = parseSettings(config, file, secretKeys, environments);
  const files = kustomizeBase(objects, settings, file);
  for (const [name, text] of files) writeOut("--kustomize", path.join(out, name), text, out);
  const inVault = vaultCommands(settings);
  return [
    `${out}: ${files.size - 1} objects of stack ${stack}, and kustomization.yaml`,
    ...(inVault === undefined
      ? []
      : [`Vault must have these before the base is applied, or no collector starts:\n${inVault}`]),
  ].join("\n");
}

/**
 * Writes a file that was named on the command line.
 *
 * @param flag the flag that named it
 * @param make a folder that is made for it, if it is not there
 * @throws UserError if it cannot be written
 */
export function writeOut(flag: string, file: string, text: string, make?: string): void {
  try {
    if (make !== undefined) fs.mkdirSync(make, { recursive: true });
    fs.writeFileSync(file, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw UserError.cannotTell(
      flag,
      file,
      `cannot be written (${reason})`,
      "name a place in a folder that exists",
      "nothing was written",
    );
  }
}
