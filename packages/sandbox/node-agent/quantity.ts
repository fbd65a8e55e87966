import { parseQuantity as readQuantity } from "../../../kit/units";

/** The number that a Kubernetes quantity stands for: `500m` is 0.5, `512Mi` is 536870912. Throws for other text. */
export function parseQuantity(text: string): number {
  const value = readQuantity(text);
  if (value === undefined) throw new Error(`${text} is not a Kubernetes quantity`);
  return value;
}

/** A quantity in units of `divisor`, rounded up, as `resourceFieldRef` gives it. Divisor 0 and none mean 1. */
export function divideQuantity(text: string, divisor = "1"): string {
  const by = parseQuantity(divisor) || 1;
  // 0.1 / 0.001 is 100.00000000000001: the rounding must not make 101 of it.
  return String(Math.ceil(Number((parseQuantity(text) / by).toPrecision(12))));
}
