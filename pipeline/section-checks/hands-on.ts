import { componentsOf, idOf, referencesIn } from "../stream-labels";
import type { SectionCheck } from "./finding";
import { lastStep } from "../last-step";

/** What lines enter by is there, and every line that enters can leave towards Loki. */
export const checkHandsOn: SectionCheck = (blocks, { entry, key }) => {
  if (entry === undefined) return [];
  const components = componentsOf(blocks);
  if (!components.has(entry))
    return [
      {
        line: 1,
        problem: `has no component ${entry}, which ${key}.entry names`,
        remedy: `its components are ${blocks.map(idOf).join(", ")}`,
      },
    ];
  const seen = new Set<string>();
  const open = [entry];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === lastStep) return [];
    const block = components.get(id);
    if (block === undefined || seen.has(id)) continue;
    seen.add(id);
    open.push(...referencesIn(block, "forward_to"));
  }
  return [
    {
      line: components.get(entry)?.line ?? 1,
      problem: "takes lines and hands none on",
      remedy: `write forward_to = [${lastStep}.receiver] where they leave it`,
    },
  ];
};
