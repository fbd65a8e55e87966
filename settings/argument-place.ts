import type { Problem } from "../kit/user-error";
import { keysAt } from "./schema-tree";

/** Where settings stand that are the arguments of a component in somebody's own program, as a message names the place. */
export const argumentPlace = (name?: string): string =>
  name === undefined ? "new Alloy(…)" : `new Alloy(${JSON.stringify(name)}, …)`;

/**
 * Problems in the words of the place where the settings stand. Everything that finds problems speaks of a stack's file,
 * where keys have the prefix `alloy:` and the language is YAML; an argument has neither.
 *
 * @param place a stack's file, or an {@link argumentPlace}
 */
export function inWordsOf(place: string, problems: readonly Problem[]): Problem[] {
  if (!place.startsWith("new Alloy(")) return [...problems];
  // Only a prefix of a key: `grafana/alloy:v1` in a message is an image.
  const prefix = new RegExp(`(?<![\\w/.-])alloy:(?=(?:${keysAt([]).join("|")})\\b)`, "g");
  const reworded = (text: string): string =>
    text
      .replace(prefix, "")
      .replaceAll("write it in YAML as", "write it as")
      .replaceAll("folder of Pulumi.yaml", "folder that the program runs in");
  return problems.map(({ file, key, problem, remedy }) => ({
    file,
    key: key.replace(/^alloy:/, ""),
    problem: reworded(problem),
    remedy: reworded(remedy),
  }));
}
