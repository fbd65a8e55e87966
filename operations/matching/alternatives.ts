/**
 * The alternatives of a regular expression that stand on its top level: `a|b(c|d)` has `a` and `b(c|d)`. An expression in
 * one pair of brackets is taken out of them first.
 */
export function alternativesOf(expression: string): string[] {
  const bare = /^\^?\((?:\?:)?([^()]*)\)\$?$/.exec(expression)?.[1] ?? expression;
  const found = [""];
  let depth = 0;
  for (const [part] of bare.matchAll(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]])*\]|[\s\S]/gu)) {
    if (part === "(") depth++;
    if (part === ")") depth--;
    if (part === "|" && depth === 0) found.push("");
    else found[found.length - 1] += part;
  }
  return found.filter((alternative) => alternative !== "");
}
