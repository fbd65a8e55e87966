import * as fs from "node:fs";
import * as path from "node:path";

import { UserError, type Problem } from "../kit/user-error";
import { certificatesProblem } from "../pipeline/certificates";
import { composePipeline, type Pipeline } from "../pipeline/compose";
import { authorityFiles } from "../pipeline/endpoint";
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

/** Whom the collectors trust beside the image's own authorities: Vault's CA, and those of Loki and of Prometheus. */
function otherFiles(settings: Settings, place: string, folder: string): Record<string, string> {
  const { credentials, vault } = settings;
  const wanted = [
    ...(credentials.mode === "vault" && vault?.caFile !== undefined
      ? [{ setting: "vault.caFile", key: vaultCaKey, file: vault.caFile, server: "Vault" }]
      : []),
    ...authorityFiles(settings).map(({ backend, key, file }) => ({
      setting: `${backend}CaFile`,
      key,
      file,
      server: backend === "loki" ? "Loki" : "Prometheus",
    })),
  ];
  const problems: Problem[] = [];
  const files: Record<string, string> = {};
  for (const { setting, key, file, server } of wanted) {
    const remedy = `name a file with ${server}'s CA`;
    const refuse = (problem: string, more = ""): void =>
      void problems.push({ file: place, key: `alloy:${setting}`, problem, remedy: `${remedy}${more}` });
    try {
      const text = fs.readFileSync(path.resolve(folder, file), "utf8");
      const problem = certificatesProblem(text);
      if (problem !== undefined) refuse(problem, ", and nothing else in it");
      files[key] = text;
    } catch (error) {
      refuse(`cannot be read (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return files;
}
