// Source: k8s.io/apimachinery/pkg/api/resource. The pack's generic rules are used without the rest of this repository,
// so they do not import settings/units.
const suffixes: Record<string, number> = { "": 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };
const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** A Kubernetes quantity as a number, cores or bytes; undefined for what the API server would refuse. */
export function quantity(value: unknown): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const match = /^(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(String(value));
  if (!match) return undefined;
  const [, digits = "", exponent = "", suffix = ""] = match;
  const power = binary.indexOf(suffix);
  return Number(digits + exponent) * (power < 0 ? (suffixes[suffix] ?? 1e18) : 1024 ** (power + 1));
}
