import type { Report } from "./rule";
import { fieldPath, guarded, isAbsent, isObject } from "./values";

/**
 * What a resource has to look like, as plain data: a value stands for itself, a list for a list of that length, an
 * object for an object with these fields and no others. Where a field may differ, a {@link Matcher} stands in its place.
 */
export type Shape = string | number | boolean | readonly Shape[] | { readonly [field: string]: Shape } | Matcher;

/** Stands in a shape where more than one value is right. */
export class Matcher {
  constructor(
    /** Says what differs below `path`; reads nothing that it does not need. */
    readonly look: (read: () => unknown, path: string, report: Report) => void,
    readonly mayBeAbsent = false,
    /** The shapes that it is made of, so that a test can loosen each; absent where there are none. */
    readonly inner?: Inner,
  ) {}
}

interface Inner {
  /** Each for the whole value, for every item of it, or one of them for it. */
  of: "value" | "items" | "one";
  shapes: readonly Shape[];
  /** The same matcher of other shapes. */
  rebuild: (shapes: readonly Shape[]) => Matcher;
}

const wrapping = (of: Inner["of"], shape: Shape, make: (shape: Shape) => Matcher): Inner => ({
  of,
  shapes: [shape],
  rebuild: ([other = shape]) => make(other),
});

/** The field may be missing; what is there has the shape. */
export const optional = (shape: Shape): Matcher =>
  new Matcher(
    (read, path, report) => {
      guarded(report, () => {
        if (!isAbsent(read())) compare(shape, read, path, report);
      });
    },
    true,
    wrapping("value", shape, optional),
  );

/** Never read: a secret's value, or one that is rightly unknown before the update. */
export const hidden = new Matcher(() => undefined);

/** Rightly unknown at preview; it is compared during the update, before the object is made. */
export const later = (shape: Shape): Matcher =>
  new Matcher(
    (read, path, report) => compare(shape, read, path, { ...report, unknown: () => undefined }),
    false,
    wrapping("value", shape, later),
  );

/** Whatever `accepts` lets through; `expected` completes "is not …". */
export const matching = (expected: string, accepts: (value: unknown) => boolean): Matcher =>
  new Matcher((read, path, report) => {
    guarded(report, () => {
      if (!accepts(read())) report.violation(path, `is not ${expected}`);
    });
  });

/** A list with at least one item, each of the shape. */
export const someOf = (shape: Shape): Matcher =>
  new Matcher(
    (read, path, report) => {
      guarded(report, () => {
        const list = read();
        if (!Array.isArray(list) || list.length === 0) report.violation(path, "is no list with an item in it");
        else for (let i = 0; i < list.length; i++) compare(shape, () => list[i] as unknown, `${path}[${i}]`, report);
      });
    },
    false,
    wrapping("items", shape, someOf),
  );

/** One of several shapes: what is said is said of the one that fits best. */
export const either = (...shapes: readonly [Shape, ...Shape[]]): Matcher =>
  new Matcher(
    (read, path, report) => {
      const verdicts = shapes.map((shape) => {
        const said: ((to: Report) => void)[] = [];
        compare(shape, read, path, {
          violation: (...finding) => said.push((to) => to.violation(...finding)),
          unknown: (error) => said.push((to) => to.unknown(error)),
        });
        return said;
      });
      const [best = []] = [...verdicts].sort((a, b) => a.length - b.length);
      for (const say of best) say(report);
    },
    false,
    { of: "one", shapes, rebuild: ([first = shapes[0], ...others]) => either(first, ...others) },
  );

// What Pulumi's bridge to Terraform providers writes into inputs beside what a program wrote.
// Source: pulumi-terraform-bridge, pkg/tfbridge/schema.go, defaultsKey; sdk, providers: version and download URL.
const written = ["__defaults", "__internal"];

/**
 * Compares a value with its shape, field by field: each is read by itself, so that one that is unknown hides no other.
 * Nothing that is said holds a value.
 */
export function compare(shape: Shape, read: () => unknown, path: string, report: Report): void {
  if (shape instanceof Matcher) return shape.look(read, path, report);
  guarded(report, () => {
    const value = read();
    if (Array.isArray(shape)) compareLists(shape as readonly Shape[], value, path, report);
    else if (typeof shape === "object") compareObjects(shape as Record<string, Shape>, value, path, report);
    else if (isAbsent(value)) report.violation(path, "is missing");
    else if (value !== shape) report.violation(path, describeDifference(shape, value));
  });
}

function compareLists(shape: readonly Shape[], value: unknown, path: string, report: Report): void {
  if (isAbsent(value) && shape.length === 0) return;
  if (!Array.isArray(value)) return report.violation(path, isAbsent(value) ? "is missing" : "is no list");
  for (let i = 0; i < Math.max(shape.length, value.length); i++) {
    const expected = shape[i];
    if (expected === undefined) report.violation(`${path}[${i}]`, "is one more than the settings ask for");
    else if (i >= value.length) report.violation(`${path}[${i}]`, "is missing");
    else compare(expected, () => value[i] as unknown, `${path}[${i}]`, report);
  }
}

function compareObjects(shape: Record<string, Shape>, value: unknown, path: string, report: Report): void {
  if (!isObject(value))
    return report.violation(path === "" ? "props" : path, isAbsent(value) ? "is missing" : "is no object");
  for (const field of Object.keys(value)) {
    if (Object.hasOwn(shape, field) || written.includes(field)) continue;
    guarded(report, () => {
      if (!isAbsent(value[field])) report.violation(fieldPath(path, field), "is nothing that the settings ask for");
    });
  }
  for (const [field, expected] of Object.entries(shape))
    compare(expected, () => value[field], fieldPath(path, field), report);
}

// Of a long text the line says more than the field does.
function describeDifference(expected: string | number | boolean, value: unknown): string {
  if (typeof expected !== "string" || typeof value !== "string" || !expected.includes("\n"))
    return "is not what the settings make it";
  const [wanted, found] = [expected.split("\n"), value.split("\n")];
  const at = wanted.findIndex((line, i) => line !== found[i]);
  return `is not the text that the settings make, from line ${at < 0 ? wanted.length + 1 : at + 1} on`;
}
