import type { Block } from "../language";

/** Blocks whose inside is made of components: what they hold runs like what stands beside them. */
const containers = ["declare", "foreach", "template"];

/** Every list of components of a section: its own, and those inside of `declare` and of the template of `foreach`. Pure. */
export function componentLists(blocks: readonly Block[]): (readonly Block[])[] {
  return [
    blocks,
    ...blocks.filter(({ name }) => containers.includes(name)).flatMap((block) => componentLists(block.blocks)),
  ];
}
