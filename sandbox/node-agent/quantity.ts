const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a Kubernetes quantity stands for: `500m` is 0.5, `512Mi` is 536870912. */
export function parseQuantity(text: string): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(n|u|m|k|[KMGTPE]i?|)$/.exec(text);
  const factor = suffixes[match?.[2] ?? "?"];
  const value = Number(match?.[1]);
  if (factor === undefined || Number.isNaN(value)) throw new Error(`${text} is not a Kubernetes quantity`);
  return value * factor;
}

/** A quantity in units of `divisor`, rounded up, as `resourceFieldRef` gives it. Divisor 0 and none mean 1. */
export function divideQuantity(text: string, divisor = "1"): string {
  const by = parseQuantity(divisor) || 1;
  // 0.1 / 0.001 is 100.00000000000001: the rounding must not make 101 of it.
  return String(Math.ceil(Number((parseQuantity(text) / by).toPrecision(12))));
}
