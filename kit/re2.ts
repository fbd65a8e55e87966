import { RE2JS } from "re2js";

/**
 * Regular expressions as Alloy and Loki read them. Their engine is RE2; JavaScript's own accepts and refuses other ones.
 */

/** Why the engine refuses an expression; undefined if it compiles. */
export function re2Problem(expression: string): string | undefined {
  try {
    RE2JS.compile(expression);
    // What breaks out of the brackets that Alloy puts around it is wrong, too: `a)|(b`.
    RE2JS.compile(`^(?:${expression})$`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether an expression that compiles matches a whole text, as relabelling rules match. */
export function wholeMatch(expression: string): (text: string) => boolean {
  const compiled = RE2JS.compile(`^(?:${expression})$`);
  return (text) => compiled.matches(text);
}
