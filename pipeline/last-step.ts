import { tokens } from "./language";

/** The step that every line goes through at the end of its way through sections of the user's own. */
export const lastStep = "loki.relabel.drop_high_cardinality";

/** What sections hand lines on to. */
export const exit = `${lastStep}.receiver`;

/**
 * A text in whose expressions {@link exit} is replaced by another receiver. Comments and strings that hold the same
 * letters stay as they are.
 *
 * @throws AlloySyntaxError
 */
export function handingOnTo(text: string, receiver: string): string {
  const words = exit.split(".").flatMap((word, at) => (at === 0 ? [word] : [".", word]));
  const all = tokens(text);
  let changed = "";
  let from = 0;
  for (let at = 0; at < all.length; at++) {
    const found = words.every((word, step) => all[at + step]?.kind !== "string" && all[at + step]?.text === word);
    const [first, last] = [all[at], all[at + words.length - 1]];
    if (!found || first === undefined || last === undefined || all[at - 1]?.text === ".") continue;
    changed += text.slice(from, first.at) + receiver;
    from = last.end;
  }
  return changed + text.slice(from);
}
