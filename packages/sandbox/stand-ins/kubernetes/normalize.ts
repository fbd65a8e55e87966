import type { PropertyMap, Value } from "../values";
import { clone, containsUnknown, isMap, Secret } from "../values";
import type { Gvk } from "./kinds";
import { isCustom } from "./kinds";

const READ_ONLY = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

/**
 * Brings inputs into the form in which the server keeps them, so that what means the same compares the same: a
 * Secret's stringData becomes data, quantities take their canonical form (`1000m` is `1`), read-only metadata goes.
 */
export function normalize(gvk: Gvk, inputs: PropertyMap): PropertyMap {
  const result = clone(inputs);
  if (isMap(result["metadata"])) for (const key of READ_ONLY) delete result["metadata"][key];
  if (containsUnknown(result)) return result;
  if (gvk.kind === "Secret" && gvk.group === "") return encodeStringData(result);
  return isCustom(gvk) ? result : (canonicalQuantities(result) as PropertyMap);
}

function encodeStringData(secret: PropertyMap): PropertyMap {
  const { stringData, ...rest } = secret;
  const texts = unwrap(stringData);
  if (!isMap(texts) || Object.keys(texts).length === 0) return secret;
  const encoded = Object.fromEntries(
    Object.entries(texts).map(([key, value]) => {
      const text = unwrap(value);
      const base64 = Buffer.from(typeof text === "string" ? text : "").toString("base64");
      return [key, value instanceof Secret ? new Secret(base64) : base64];
    }),
  );
  const given = unwrap(rest["data"]);
  const data = { ...(isMap(given) ? given : {}), ...encoded };
  return { ...rest, data: stringData instanceof Secret || rest["data"] instanceof Secret ? new Secret(data) : data };
}

function unwrap(value: Value | undefined): Value | undefined {
  return value instanceof Secret ? value.value : value;
}

/** Members that hold a quantity, or a map of them. */
const QUANTITY_MAPS = new Set(["limits", "requests"]);
const QUANTITIES = new Set(["sizeLimit", "divisor"]);

function canonicalQuantities(value: Value): Value {
  if (Array.isArray(value)) return value.map(canonicalQuantities);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (QUANTITY_MAPS.has(key) && isMap(item)) {
        return [key, Object.fromEntries(Object.entries(item).map(([name, q]) => [name, canonicalQuantity(q)]))];
      }
      return [key, QUANTITIES.has(key) ? canonicalQuantity(item) : canonicalQuantities(item)];
    }),
  );
}

const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/**
 * A quantity as the server writes it back: the largest suffix that leaves a whole number
 * (k8s.io/apimachinery/pkg/api/resource, "Before serializing, Quantity will be put in canonical form").
 * Text that is no quantity stays as it is: the server refuses it with a better message.
 */
export function canonicalQuantity(value: Value): Value {
  if (typeof value !== "string" && typeof value !== "number") return value;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/.exec(String(value));
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match ?? [];
  if (match === null || (whole === "" && fraction === "")) return value;
  const minus = sign === "-" ? "-" : "";
  const digits = BigInt(whole + fraction);
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) {
    const scale = 10n ** BigInt(fraction.length);
    const total = digits * 1024n ** BigInt(binary);
    // A broken number of bytes, or less than a KiB, is written in decimal.
    if (total % scale === 0n && total / scale >= 1024n) return minus + withBinarySuffix(total / scale);
    return minus + withDecimalSuffix(total * 10n ** 9n, scale);
  }
  const exponent = /^[eE]/.test(suffix) && suffix.length > 1 ? Number(suffix.slice(1)) : undefined;
  // The exponent form keeps its form; only the ones of the canonical kind (a multiple of three) are left as they are.
  if (exponent !== undefined) return value;
  const power = 3 * (DECIMAL.indexOf(suffix) - 3) + 9;
  return minus + withDecimalSuffix(digits * 10n ** BigInt(power), 10n ** BigInt(fraction.length));
}

function withBinarySuffix(total: bigint): string {
  let rest = total;
  let power = 0;
  while (rest !== 0n && rest % 1024n === 0n && power < BINARY.length - 1) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${BINARY[power] ?? ""}`;
}

/** `nano / scale` is the value in billionths; what is smaller is rounded up, as the server does. */
function withDecimalSuffix(nano: bigint, scale: bigint): string {
  let rest = (nano + scale - 1n) / scale;
  if (rest === 0n) return "0";
  let power = 0;
  while (rest % 1000n === 0n && power < DECIMAL.length - 1) {
    rest /= 1000n;
    power++;
  }
  return `${rest}${DECIMAL[power] ?? ""}`;
}
