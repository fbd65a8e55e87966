/**
 * Reads the units that stack config is written in. Each function answers `undefined` for text that Kubernetes or Alloy
 * would refuse, so that the schema can word the message.
 */

const durationUnits: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The form of a duration that {@link parseDuration} reads. */
export const durationForm = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

/**
 * A Go duration as Alloy reads it (`90s`, `1h30m`), in milliseconds. Units below the millisecond are left out: nothing
 * here is that short. Source: https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): number | undefined {
  if (!durationForm.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (durationUnits[unit ?? ""] ?? 0);
  }
  return Math.round(total);
}

/** Milliseconds as the shortest Go duration that names the same span: 3600000 is `1h`, 5400000 is `1h30m`. */
export function formatDuration(milliseconds: number): string {
  let rest = milliseconds;
  const parts: string[] = [];
  for (const unit of ["h", "m", "s", "ms"]) {
    const size = durationUnits[unit] ?? 1;
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.join("") || "0s";
}

const quantitySuffixes: Record<string, number> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
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

/** The form of a quantity that {@link parseQuantity} reads: digits, then an exponent or a suffix. */
export const quantityForm = /^(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/;

/**
 * A Kubernetes quantity (`250m`, `512Mi`, `1e3`) as a plain number: cores for CPU, bytes for memory. The API takes a
 * number for a text here; anything else is no quantity.
 * Source: k8s.io/apimachinery/pkg/api/resource, whose grammar has no `mb` or `MB`.
 */
export function parseQuantity(value: unknown): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const match = quantityForm.exec(String(value));
  if (!match) return undefined;
  const [, digits = "", exponent = "", suffix = ""] = match;
  return Number(digits + exponent) * (quantitySuffixes[suffix] ?? 1);
}

/** The parts of an image reference, as written. `registry` is empty where none is named. */
export interface ImageReference {
  registry: string;
  repository: string;
  tag: string;
  digest: string;
}

// The grammar of image names. Source: github.com/distribution/reference, regexp.go
const domainLabel = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const registryPattern = `(?:${domainLabel}(?:\\.${domainLabel})+(?::\\d+)?|${domainLabel}:\\d+|localhost)`;
const pathComponent = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*";

/** The form of an image reference that {@link parseImage} reads. */
export const imageForm = new RegExp(
  `^(?:(${registryPattern})/)?(${pathComponent}(?:/${pathComponent})*)` +
    `(?::([A-Za-z0-9_][\\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$`,
);

/** Splits `registry/repository:tag@sha256:…`; the first part is a registry where it has a dot or a port. */
export function parseImage(text: string): ImageReference | undefined {
  const match = imageForm.exec(text);
  if (!match) return undefined;
  const [, registry = "", repository = "", tag = "", digest = ""] = match;
  return { registry, repository, tag, digest };
}
