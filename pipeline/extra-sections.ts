import * as fs from "node:fs";
import * as path from "node:path";

import { UserError, type Problem } from "../kit/user-error";
import { isAtLeastOnce } from "../settings/delivery";
import type { Settings } from "../settings/schema";
import { AlloySyntaxError, parseAlloy } from "./language";
import { exit, handingOnTo } from "./last-step";
import { noNeeds, type PipelineNeeds } from "./needs";
import { checkCounted } from "./section-checks/counted";
import { checkExpressions } from "./section-checks/expressions";
import { checkFiles } from "./section-checks/files";
import type { SectionCheck, SectionPlace } from "./section-checks/finding";
import { checkHandsOn } from "./section-checks/hands-on";
import { checkImports } from "./section-checks/imports";
import { checkOneNode } from "./section-checks/one-node";
import { checkTenants } from "./section-checks/tenants";
import { checkVariables } from "./section-checks/variables";

/** A section of the user's own, as its file has it. */
export interface ExtraSection {
  name: string;
  text: string;
  /** The component that lines enter by, on their way to Loki. */
  entry: string | undefined;
  needs: PipelineNeeds;
}

/** Everything that a section is asked, each by the tokens of its text. */
const checks: readonly SectionCheck[] = [
  checkHandsOn,
  checkVariables,
  checkImports,
  checkOneNode,
  checkFiles,
  checkExpressions,
  checkTenants,
  checkCounted,
];

/**
 * Reads the sections that the settings name. Each is Alloy's own language, with the components of the pipeline in reach;
 * one that takes lines hands them on to loki.relabel.drop_high_cardinality.
 *
 * @param folder where their paths start
 * @throws UserError with everything that is wrong in all of them
 */
export function readExtraSections(settings: Settings, folder: string): ExtraSection[] {
  const { extraSections, logs, wal, canary, pod } = settings;
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
    else
      problems.push(
        ...check(file, text, {
          ...{ entry, key, env: needs.env, storage: wal.path, canary: canary.enabled },
          atLeastOnce: isAtLeastOnce(settings),
          readPaths: needs.readPaths.map(({ path }) => path),
        }),
      );
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

/** The sections in a row: lines go from `first` through each entry and end at the last step. Pure. */
export function chained(
  first: { name: string; text: string },
  sections: readonly ExtraSection[],
): { first: string; texts: string[] } {
  const entries = sections.flatMap(({ entry }) => (entry === undefined ? [] : [`${entry}.receiver`]));
  const next = [...entries.slice(1), exit];
  let at = 0;
  return {
    first: entries[0] === undefined ? first.text : handingOnTo(first.text, entries[0]),
    texts: sections.map(({ text, entry }) => (entry === undefined ? text : handingOnTo(text, next[at++] ?? exit))),
  };
}

function check(file: string, text: string, place: SectionPlace): Problem[] {
  try {
    const blocks = parseAlloy(text);
    return checks
      .flatMap((look) => look(blocks, place))
      .map(({ line, problem, remedy }) => ({ file, key: `line ${line}`, problem, remedy }));
  } catch (error) {
    if (!(error instanceof AlloySyntaxError)) throw error;
    return [{ file, key: "", problem: error.message, remedy: "mend it; `alloy fmt` shows the form" }];
  }
}

function needsOf(file: string, needs: Settings["extraSections"][number]["needs"]): PipelineNeeds {
  const why = file;
  return {
    ...noNeeds,
    permissions: needs.permissions.map((permission) => ({ ...permission, why })),
    env: needs.env.map((name) => ({ name, why })),
    egress: needs.egress.map((address) => ({ ...address, why })),
    readPaths: needs.readPaths.map((one) => ({ ...one, why })),
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
