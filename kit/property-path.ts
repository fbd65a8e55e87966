/** One step of a property path: a member, an index, or `*` for any of them. */
export type PathStep = string | number;

/** Writes a path the way the engine's diff display reads it: `metadata.labels["app.kubernetes.io/name"]`. */
export function formatPath(path: readonly PathStep[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/[."[\]]/.test(step)) text += `["${step.replaceAll('"', '\\"')}"]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

/** Reads a path of `ignoreChanges` or `replaceOnChanges`. Throws on text that is no path. */
export function parsePath(text: string): PathStep[] {
  const path: PathStep[] = [];
  const token = /\.?([^.[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[(\*)\]/y;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw new Error(`failed to parse property path ${JSON.stringify(text)} at position ${at}`);
    const [, member, index, quoted, star] = match;
    if (index !== undefined) path.push(Number(index));
    else path.push(member ?? quoted?.replace(/\\(.)/g, "$1") ?? star ?? "");
  }
  return path;
}

/** True when `inner` is `outer` or lies below it; `*` in `outer` stands for any member or index. */
export function pathContains(outer: readonly PathStep[], inner: readonly PathStep[]): boolean {
  return outer.length <= inner.length && outer.every((step, i) => step === "*" || step === inner[i]);
}
