import { everyBlock, stringAttribute, type Block } from "../language";
import type { Finding, SectionCheck } from "./finding";

const sources = ["label", "source", "value"];

/** A tenant of its own for some lines: Loki's header X-Scope-OrgID, line by line. */
export const checkTenants: SectionCheck = (blocks, { canary }) => [
  ...everyBlock(blocks)
    .filter(({ name }) => name === "stage.tenant")
    .flatMap(sourceOf),
  // In a stage.match the selector may leave the canary's own lines out, which nobody can tell from here.
  ...(canary ? blocks.flatMap(({ blocks: stages }) => stages.filter(({ name }) => name === "stage.tenant")) : []).map(
    ({ line }): Finding => ({
      line,
      problem:
        "gives lines to other tenants, but alloy:canary asks one tenant: each line of the canary would count as lost",
      remedy: "put stage.tenant into a stage.match that leaves the canary's namespace out, or turn alloy:canary off",
    }),
  ),
];

function sourceOf(stage: Block): Finding[] {
  const given = sources.filter((name) => stage.attributes.has(name));
  if (given.length !== 1)
    return [
      {
        line: stage.line,
        problem: `stage.tenant has ${given.length === 0 ? "none" : given.join(" and ")} of label, source and value, and Alloy takes exactly one`,
        remedy: 'write label = "namespace" for a tenant per namespace',
      },
    ];
  const label = stringAttribute(stage, "label") ?? "";
  if (!label.startsWith("__")) return [];
  return [
    {
      line: stage.line,
      problem: `stage.tenant reads the label ${label}, which no line has: labels of discovery end before the lines begin`,
      remedy: 'write a label of the stream, such as label = "namespace"',
    },
  ];
}
