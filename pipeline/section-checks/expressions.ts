import { re2Problem } from "../../kit/re2";
import { everyBlock, stringAttribute, type Block } from "../language";
import type { Finding, SectionCheck } from "./finding";

/** Attributes that hold a regular expression, by block. Alloy compiles them when it starts, which is in the pod. */
const expressions: Readonly<Record<string, readonly string[]>> = {
  rule: ["regex"],
  "stage.regex": ["expression"],
  "stage.replace": ["expression"],
  "stage.drop": ["expression"],
  "stage.multiline": ["firstline"],
  "stage.decolorize": [],
};

/** Regular expressions compile, name what they take out, and what they are replaced by is what was meant. */
export const checkExpressions: SectionCheck = (blocks) =>
  everyBlock(blocks).flatMap((block) => [
    ...(Object.hasOwn(expressions, block.name) ? (expressions[block.name] ?? []) : []).flatMap((name) =>
      expressionIn(block, name),
    ),
    ...(block.name === "stage.match" ? selectorOf(block) : []),
    ...(block.name === "stage.regex" ? groupsOf(block) : []),
    ...(block.name === "rule" ? replacementOf(block) : []),
  ]);

function lineOf(block: Block, attribute: string): number {
  return block.attributes.get(attribute)?.[0]?.line ?? block.line;
}

function expressionIn(block: Block, attribute: string): Finding[] {
  const text = stringAttribute(block, attribute);
  const reason = text === undefined ? undefined : re2Problem(text);
  if (text === undefined || reason === undefined) return [];
  return [
    {
      line: lineOf(block, attribute),
      problem: `${attribute} ${JSON.stringify(text)} is not a regular expression that Alloy accepts (${reason})`,
      remedy:
        "use RE2 syntax, which has no look-ahead and no back-reference: https://github.com/google/re2/wiki/Syntax",
    },
  ];
}

/** A selector is LogQL: `{label="value"}`, with at least one label. */
function selectorOf(block: Block): Finding[] {
  const text = stringAttribute(block, "selector");
  if (text === undefined) return [];
  const line = lineOf(block, "selector");
  if (!/^\s*\{/.test(text))
    return [
      {
        line,
        problem: `selector ${JSON.stringify(text)} is not one that Alloy accepts`,
        remedy: 'write it in braces, as LogQL has it: {namespace="team-a"}',
      },
    ];
  const values = [...text.matchAll(/(=~|!~)\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g)];
  return values.flatMap(([, , quoted, raw]) => {
    const expression = raw ?? (quoted ?? "").replace(/\\(.)/g, "$1");
    const reason = re2Problem(expression);
    return reason === undefined
      ? []
      : [
          {
            line,
            problem: `selector: ${JSON.stringify(expression)} is not a regular expression (${reason})`,
            remedy: "use RE2 syntax",
          },
        ];
  });
}

function groupsOf(block: Block): Finding[] {
  const text = stringAttribute(block, "expression");
  if (text === undefined || re2Problem(text) !== undefined || /\(\?P?<[^=!]/.test(text)) return [];
  return [
    {
      line: lineOf(block, "expression"),
      problem: "stage.regex has an expression without a named group, and takes nothing out of a line",
      remedy: "write (?P<name>…) around what is meant",
    },
  ];
}

/** Go reads `$1_x` as the group whose name is `1_x`, which is empty. */
function replacementOf(block: Block): Finding[] {
  const text = stringAttribute(block, "replacement") ?? "";
  const [whole, digits = "", rest = ""] = /(?<!\$)\$(\d+)([A-Za-z_]\w*)/.exec(text) ?? [];
  if (whole === undefined) return [];
  return [
    {
      line: lineOf(block, "replacement"),
      problem: `replacement has ${whole}, which is the group named ${digits}${rest}, and empty`,
      remedy: `write \${${digits}}${rest}`,
    },
  ];
}
