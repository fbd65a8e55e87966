import * as fs from "node:fs";
import * as path from "node:path";

import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";

import { UserError, type Problem } from "../kit/user-error";
import { nearest } from "../kit/nearest";
import { keysAt } from "../settings/schema-tree";

/** Which of Terraform's values is which setting, and how the one becomes the other. */
export interface Mapping {
  /** Name of the variable or output, then keys into it: `platform.cluster.name`. */
  terraform: string;
  /** Path in the settings: `["resources", "limits", "memory"]`. */
  setting: string[];
  /** False: where Terraform has no such value, nobody can tell whether it is the same. */
  optional: boolean;
  /** Terraform's word to ours; a word that is not in it cannot be told. */
  lookup?: Record<string, string>;
  /** Put in front, after the lookup. */
  prefix: string;
  /** Put behind. */
  suffix: string;
}

/** The mapping of this repository, which users extend. */
export const defaultMapFile = "terraform.map.yaml";

const target = z.strictObject({
  setting: z.string(),
  optional: z.boolean().default(false),
  lookup: z.record(z.string(), z.string()).optional(),
  prefix: z.string().default(""),
  suffix: z.string().default(""),
});

const oneTarget = z.union([z.string().transform((setting) => target.parse({ setting })), target]);
const schema = z.record(z.string(), z.union([oneTarget, z.array(oneTarget)]));

/**
 * Reads a mapping file.
 *
 * @throws UserError with all that is wrong in it
 */
export function readMap(file: string, dir: string): Mapping[] {
  const place = path.resolve(dir, file);
  if (!fs.existsSync(place))
    throw UserError.of(
      file,
      "",
      "does not exist",
      `write it as in ${defaultMapFile}, or leave out --map`,
      "nothing was compared",
    );
  return parseMap(fs.readFileSync(place, "utf8"), file);
}

/** The mapping in a text; pure. */
export function parseMap(text: string, file: string): Mapping[] {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const refuse = (line: number, key: string, problem: string, remedy: string): Problem => ({
    file: `${file}:${line}`,
    key,
    problem,
    remedy,
  });
  const error = document.errors[0];
  if (error)
    throw new UserError(
      [
        refuse(
          counter.linePos(error.pos[0]).line,
          "",
          `is not YAML: ${error.message.split("\n")[0] ?? ""}`,
          "correct it at that line",
        ),
      ],
      "nothing was compared",
    );
  const held: unknown = document.toJS() ?? {};
  const parsed = schema.safeParse(held);
  const lineOf = (key: string): number => {
    const node: unknown = document.getIn([key], true);
    const start = typeof node === "object" && node !== null && "range" in node ? (node.range as number[])[0] : 0;
    return counter.linePos(start ?? 0).line;
  };
  if (!parsed.success) {
    const keys = [...new Set(parsed.error.issues.map(({ path: [key] }) => String(key ?? "")))];
    throw new UserError(
      keys.map((key) =>
        refuse(
          lineOf(key),
          key,
          "is neither a setting's name nor a mapping",
          "write NAME: setting, or NAME: { setting: …, optional: true, lookup: { theirs: ours }, prefix: …, suffix: … }",
        ),
      ),
      "nothing was compared",
    );
  }
  const mappings = Object.entries(parsed.data).flatMap(([terraform, targets]) =>
    (Array.isArray(targets) ? targets : [targets]).map((to) => ({
      ...to,
      terraform,
      setting: to.setting.replace(/^alloy:/, "").split("."),
    })),
  );
  const problems = mappings.flatMap(({ terraform, setting }) => {
    const problem = unknownSetting(setting);
    return problem === undefined ? [] : [refuse(lineOf(terraform), terraform, ...problem)];
  });
  if (problems.length > 0) throw new UserError(problems, "nothing was compared");
  return mappings;
}

/** Each key of the path has to be one of the settings'; below a free map (labels) any is. */
function unknownSetting(setting: readonly string[]): [problem: string, remedy: string] | undefined {
  for (const [at, key] of setting.entries()) {
    const known = keysAt(setting.slice(0, at));
    if (known.length === 0 && at > 0) return undefined;
    if (known.includes(key)) continue;
    const meant = nearest(key, known);
    return [
      `maps to alloy:${setting.join(".")}, which is not a setting`,
      `${meant === undefined ? "" : `did you mean ${[...setting.slice(0, at), meant].join(".")}? `}The keys there are ${known.join(", ")}`,
    ];
  }
  return undefined;
}

/** The variables and outputs that the mappings read. */
export const namesRead = (mappings: readonly Mapping[]): Set<string> =>
  new Set(mappings.map(({ terraform }) => terraform.split(".")[0] ?? ""));
