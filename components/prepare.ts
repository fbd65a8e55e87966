import * as fs from "node:fs";
import * as path from "node:path";

import { UserError, type Problem } from "../kit/user-error";
import { certificatesProblem } from "../pipeline/certificates";
import { composePipeline, type Pipeline } from "../pipeline/compose";
import { vaultCaKey } from "../pipeline/vault";
import type { Settings } from "../settings/schema";

/** What is known before anything is declared. */
export interface Prepared {
  /** The validated settings. */
  settings: Settings;
  /** What the collectors run, and what that needs around it. */
  pipeline: Pipeline;
  /** Files for the ConfigMap beside the pipeline, by name; no secret in them. */
  files: Record<string, string>;
}

/**
 * Settings to everything that can be wrong with them: what their files hold, and the pipeline that they make.
 *
 * @param place where the settings stand, for the messages
 * @param folder where the paths in them start
 * @throws UserError with all problems of all files
 */
export function prepare(settings: Settings, place: string, folder: string): Prepared {
  const problems: Problem[] = [];
  const found = <T>(look: () => T): T | undefined => {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const pipeline = found(() => composePipeline(settings, folder));
  const files = found(() => otherFiles(settings, place, folder));
  if (pipeline === undefined || files === undefined) throw new UserError(problems);
  return { settings, pipeline, files };
}

/** Vault's CA, when collectors have to trust one. */
function otherFiles({ credentials, vault }: Settings, place: string, folder: string): Record<string, string> {
  const caFile = vault?.caFile;
  if (credentials.mode !== "vault" || caFile === undefined) return {};
  const key = "alloy:vault.caFile";
  const remedy = "name a file with Vault's CA";
  let text: string;
  try {
    text = fs.readFileSync(path.resolve(folder, caFile), "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw UserError.of(place, key, `cannot be read (${reason})`, remedy);
  }
  const problem = certificatesProblem(text);
  if (problem !== undefined) throw UserError.of(place, key, problem, `${remedy}, and nothing else in it`);
  return { [vaultCaKey]: text };
}
