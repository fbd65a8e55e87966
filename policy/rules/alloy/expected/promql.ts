/**
 * What a PromQL expression says, taken apart by kind of word and each kind in its order. Nothing of the expression is
 * left out but brackets, so that no word can be added, changed or taken away unseen.
 */
export interface Said {
  /** Metrics, each with a selector; a metric without one would be everybody's. */
  reads: string[];
  /** Functions and aggregations. */
  calls: string[];
  /** Operators and the numbers between them: `> 0`, `/`, `and`. */
  compares: string;
  /** Ranges and offsets. */
  over: string[];
  /** Label matchers beside those of the stack. */
  picks: string[];
}

/** Everything that our rules and our panels call. None of them can make up a series or a label. */
const functions = new Set(
  ["absent", "changes", "clamp_min", "delta", "histogram_quantile", "increase", "min_over_time", "rate", "time"].concat(
    ["avg", "count", "max", "min", "sum"],
  ),
);
const operators = new Set(["+", "-", "/", ">", ">=", "==", "and", "or"]);
const kept = new Set(["node", "reason", "status_code", "sha256", "le", "version", "health_type"]);

const word =
  /\s*(?:(?<metric>[a-zA-Z_:][\w:]*)\{(?<selector>[^{}]*)\}|by \((?<labels>[\w, ]*)\)|offset (?<offset>\w+)|\[(?<range>\w+)\]|(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?<name>[a-z_]\w*)|(?<operator>==|>=|[-+/>])|[(),])/y;

/**
 * Reads an expression.
 *
 * @param stack the matchers that every metric has to have, in this order, before all others
 * @returns undefined if it says anything that rules of ours never say
 */
export function readPromql(text: string, stack: readonly string[]): Said | undefined {
  const said: Said = { reads: [], calls: [], compares: "", over: [], picks: [] };
  const compares: string[] = [];
  word.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    word.lastIndex = at;
    const found = word.exec(text)?.groups;
    if (found === undefined) return undefined;
    at = word.lastIndex;
    const { metric, selector, labels, offset, range, number, name, operator } = found;
    if (metric !== undefined) {
      const matchers = (selector ?? "").split(/,(?=\w+[=!])/);
      if (!stack.every((one, i) => matchers[i] === one)) return undefined;
      said.reads.push(metric);
      said.picks.push(...matchers.slice(stack.length));
    } else if (labels !== undefined) {
      const [cluster, namespace, ...others] = labels.split(", ");
      if (cluster !== "cluster" || namespace !== "namespace" || !others.every((one) => kept.has(one))) return undefined;
    } else if (offset !== undefined) said.over.push(`offset ${offset}`);
    else if (range !== undefined) said.over.push(range);
    else if (number !== undefined) compares.push(number);
    else if (operator !== undefined || operators.has(name ?? "")) compares.push(operator ?? name ?? "");
    else if (name !== undefined) {
      if (!functions.has(name)) return undefined;
      said.calls.push(name);
    }
  }
  return { ...said, compares: compares.join(" ") };
}

/** Prometheus' templates can run queries, and a text can hold a link: ours name a label or the value, and no more. */
export function isPlainText(value: unknown, has: RegExp): boolean {
  if (typeof value !== "string" || value.length > 500 || !has.test(value)) return false;
  const variable = /\{\{ \$(?:labels\.[a-z][a-z0-9_]*|value)(?: \| humanize(?:1024|Percentage|Duration)?)? \}\}/g;
  const rest = value.replace(variable, "");
  return variable.test(value) && !/[{}\n]|:\/\//.test(rest);
}
