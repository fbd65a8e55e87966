import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/**
 * A property value as a plugin sees it. On the wire unknowns and secrets are encoded inside ordinary strings and
 * objects (sdk/go/common/resource/properties.go of pulumi/pulumi); here each has a class, so that neither can be
 * taken for data by accident.
 */
export type Value = null | boolean | number | string | Value[] | PropertyMap | Secret | Unknown;

export interface PropertyMap {
  [key: string]: Value;
}

/** A value that the engine encrypts in the state and hides in its output. */
export class Secret {
  constructor(public readonly value: Value) {}
}

/** A value that is not known before the update runs. */
export class Unknown {
  /** Keeps the class distinct from a property map for the type checker. */
  public readonly kind = Symbol("unknown");
}

export const UNKNOWN = new Unknown();

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** One sentinel a type: bool, number, string, array, asset, archive, object. */
const UNKNOWNS = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  UNKNOWN_STRING,
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Reads what the engine sent. Null members are left out, as every official plugin does (`SkipNulls`). */
export function fromStruct(struct: Struct | undefined): PropertyMap {
  return struct === undefined ? {} : decodeMap(struct.toJavaScript());
}

function decodeMap(wire: { [key: string]: JavaScriptValue }): PropertyMap {
  const map: PropertyMap = {};
  for (const [key, value] of Object.entries(wire)) {
    if (value !== null) map[key] = decode(value);
  }
  return map;
}

function decode(wire: JavaScriptValue): Value {
  if (typeof wire === "string") return UNKNOWNS.has(wire) ? UNKNOWN : wire;
  if (Array.isArray(wire)) return wire.map(decode);
  if (wire === null || typeof wire !== "object") return wire;
  const object = wire as { [key: string]: JavaScriptValue };
  switch (object[SIGNATURE]) {
    case undefined:
      return decodeMap(object);
    case SECRET:
      return new Secret(decode(object["value"] ?? null));
    case OUTPUT: {
      const value = object["value"] === undefined ? UNKNOWN : decode(object["value"]);
      return object["secret"] === true ? new Secret(value) : value;
    }
    default:
      throw new Error("assets, archives and resource references are not supported by the stand-in plugin");
  }
}

/** Encodes what is handed to the engine. */
export function toStruct(map: PropertyMap): Struct {
  return Struct.fromJavaScript(encodeMap(map));
}

function encodeMap(map: PropertyMap): { [key: string]: JavaScriptValue } {
  return Object.fromEntries(
    Object.entries(map)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => [key, encode(value)]),
  );
}

function encode(value: Value): JavaScriptValue {
  if (value instanceof Unknown) return UNKNOWN_STRING;
  if (value instanceof Secret) return { [SIGNATURE]: SECRET, value: encode(value.value) };
  if (Array.isArray(value)) return value.map(encode);
  return isMap(value) ? encodeMap(value) : value;
}

/** True for an object with named members; false for arrays, secrets and unknowns. */
export function isMap(value: Value | undefined): value is PropertyMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof Unknown)
  );
}

/** The value with every secret wrapper taken off, at all depths; unknowns stay. */
export function reveal(value: Value): Value {
  if (value instanceof Secret) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  return isMap(value) ? revealMap(value) : value;
}

export function revealMap(map: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, reveal(value)]));
}

export function containsUnknown(value: Value | undefined): boolean {
  return some(value, (v) => v instanceof Unknown);
}

export function containsSecret(value: Value | undefined): boolean {
  return some(value, (v) => v instanceof Secret);
}

function some(value: Value | undefined, test: (value: Value) => boolean): boolean {
  if (value === undefined) return false;
  if (test(value)) return true;
  if (value instanceof Secret) return some(value.value, test);
  if (Array.isArray(value)) return value.some((item) => some(item, test));
  return isMap(value) && Object.values(value).some((item) => some(item, test));
}

/** Structural equality. An unknown equals nothing, not even itself: two of them may turn out differently. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a instanceof Unknown || b instanceof Unknown) return false;
  if (a instanceof Secret || b instanceof Secret) {
    return equal(a instanceof Secret ? a.value : a, b instanceof Secret ? b.value : b);
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
  }
  return a === b;
}

export function clone<T extends Value>(value: T): T {
  if (Array.isArray(value)) return value.map(clone) as T;
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, clone(v)])) as T;
  return value;
}

/** The string at `key`, secret or not; undefined when it is absent, unknown or of another type. */
export function stringAt(map: PropertyMap, key: string): string | undefined {
  const value = map[key];
  const plain = value instanceof Secret ? value.value : value;
  return typeof plain === "string" ? plain : undefined;
}

/** A flag at `key`. Provider arguments arrive as JSON text (`"true"`), resource properties as booleans. */
export function flagAt(map: PropertyMap, key: string): boolean | undefined {
  const value = map[key];
  const plain = value instanceof Secret ? value.value : value;
  if (typeof plain === "boolean") return plain;
  return plain === "true" ? true : plain === "false" ? false : undefined;
}

/** A number at `key`, also when it arrives as JSON text. */
export function numberAt(map: PropertyMap, key: string): number | undefined {
  const value = map[key];
  const plain = value instanceof Secret ? value.value : value;
  if (typeof plain === "number") return plain;
  return typeof plain === "string" && plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : undefined;
}
