import * as fs from "node:fs";
import * as path from "node:path";

import { UserError, type Problem } from "../kit/user-error";
import type { Settings } from "../settings/schema";
import { AlloySyntaxError, parseAlloy } from "./language";
import { noNeeds, type PipelineNeeds } from "./needs";
import { idOf } from "./stream-labels";

/** A section of the user's own, as its file has it. */
export interface ExtraSection {
  name: string;
  text: string;
  /** The component that lines enter by, on their way to Loki. */
  entry: string | undefined;
  needs: PipelineNeeds;
}

/** What every line goes to at the end of its way through sections of the user's own. */
export const exit = "loki.relabel.drop_high_cardinality.receiver";

/**
 * Reads the sections that the settings name. Each is Alloy's own language, with the components of the pipeline in reach;
 * one that takes lines hands them on to {@link exit}.
 *
 * @param folder where their paths start
 * @throws UserError with everything that is wrong in all of them
 */
export function readExtraSections({ extraSections, logs, pod }: Settings, folder: string): ExtraSection[] {
  const problems: Problem[] = [];
  const sections = extraSections.map(({ file, entry, needs }, at): ExtraSection => {
    const text = readText(path.resolve(folder, file));
    const key = `alloy:extraSections.${at}`;
    if (text === undefined)
      problems.push({
        file,
        key: "",
        problem: `is named in ${key}.file and cannot be read`,
        remedy: "write its path from the folder of Pulumi.yaml",
      });
    else problems.push(...check(file, key, text, entry, needs.env));
    if (pod.ipFamily === "IPv6" && /\bsys\.env\("NODE_IP"\)\s*\+\s*":/.test(text ?? ""))
      problems.push({
        file,
        key: "",
        problem: "puts a port behind NODE_IP, and alloy:pod.ipFamily is IPv6: without brackets that is no address",
        remedy: `read NODE_IP_IN_URL instead, and name it in ${key}.needs.env`,
      });
    if (entry !== undefined && !logs.enabled)
      problems.push({ file, key: "", problem: `${key}.entry takes lines, but alloy:logs is off`, remedy: "remove it" });
    return { name: `extra: ${file}`, text: text ?? "", entry, needs: needsOf(file, needs) };
  });
  if (problems.length > 0) throw new UserError(problems);
  return sections;
}

/** The sections in a row: lines go from `first` through each entry and end at {@link exit}. Pure. */
export function chained(
  first: { name: string; text: string },
  sections: readonly ExtraSection[],
): { first: string; texts: string[] } {
  const entries = sections.flatMap(({ entry }) => (entry === undefined ? [] : [`${entry}.receiver`]));
  const next = [...entries.slice(1), exit];
  let at = 0;
  return {
    first: entries[0] === undefined ? first.text : first.text.replace(`[${exit}]`, `[${entries[0]}]`),
    texts: sections.map(({ text, entry }) => (entry === undefined ? text : text.replaceAll(exit, next[at++] ?? exit))),
  };
}

function check(file: string, key: string, text: string, entry: string | undefined, env: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const report = (problem: string, remedy: string): void => void problems.push({ file, key: "", problem, remedy });
  let ids: string[] = [];
  try {
    ids = parseAlloy(text).map(idOf);
  } catch (error) {
    if (!(error instanceof AlloySyntaxError)) throw error;
    return [{ file, key: "", problem: error.message, remedy: "mend it; `alloy fmt` shows the form" }];
  }
  if (entry !== undefined && !ids.includes(entry))
    report(`has no component ${entry}, which ${key}.entry names`, `its components are ${ids.join(", ")}`);
  if (entry !== undefined && !text.includes(exit))
    report("takes lines and hands none on", `write forward_to = [${exit}] where they leave it`);
  const read = [...text.matchAll(/\bsys\.env\("(\w+)"\)/g)].map(([, name = ""]) => name);
  for (const name of new Set(read))
    if (!env.includes(name))
      report(`reads the variable ${name}, which ${key}.needs.env does not name`, "name it there");
  for (const name of env) if (!read.includes(name)) report(`does not read ${name}`, `take it out of ${key}.needs.env`);
  return problems;
}

function needsOf(file: string, needs: Settings["extraSections"][number]["needs"]): PipelineNeeds {
  const why = file;
  return {
    ...noNeeds,
    permissions: needs.permissions.map((permission) => ({ ...permission, why })),
    env: needs.env.map((name) => ({ name, why })),
    egress: needs.egress.map((address) => ({ ...address, why })),
    stability: needs.stability,
  };
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined; // whatever the reason, the report is that it cannot be read
  }
}
