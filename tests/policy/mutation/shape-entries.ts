import { hidden, Matcher, type Shape } from "../../../policy/shape";
import { fieldPath, isObject } from "../../../policy/values";

type Step = string | number;

/** One entry of a shape, and the shape without it. */
export interface Entry {
  /** Path in the resource; `|1` behind it for the second of several shapes. */
  path: string;
  steps: readonly Step[];
  shape: Shape;
  /** Whether the resource goes by this entry; one of several shapes does not, if another one fits. */
  taken: boolean;
  /** Whether nothing at all may stand there, by this entry or by one around it in the same place. */
  mayBeAbsent: boolean;
  /** One of several items of one shape: one less is right, too. */
  isOneOfMany: boolean;
  /** The whole shape, with an entry that accepts anything in this one's place. */
  loosened: Shape;
  /** The whole shape without the entry; undefined for what is no field. */
  dropped?: Shape;
}

interface At {
  path: string;
  steps: readonly Step[];
  taken: boolean;
  mayBeAbsent?: boolean;
  isOneOfMany?: boolean;
  rebuild: (shape: Shape) => Shape;
  drop?: () => Shape;
}

/** Every entry of the shape, the inner ones too, beside what a resource has in its place. */
export function entriesOf(shape: Shape, value: unknown, fits: (shape: Shape, value: unknown) => boolean): Entry[] {
  const found: Entry[] = [];
  const visit = (shape: Shape, value: unknown, at: At): void => {
    const { path, steps, taken, rebuild, drop } = at;
    const mayBeAbsent = at.mayBeAbsent === true || (shape instanceof Matcher && shape.mayBeAbsent);
    const isOneOfMany = at.isOneOfMany === true;
    const loosened = rebuild(hidden);
    found.push({ path, steps, shape, taken, mayBeAbsent, isOneOfMany, loosened, ...(drop && { dropped: drop() }) });
    if (shape instanceof Matcher) {
      const { inner } = shape;
      const items = inner?.of === "items" ? (value as readonly unknown[] | undefined) : undefined;
      inner?.shapes.forEach((one, i) =>
        visit(one, inner.of === "items" ? items?.[0] : value, {
          path: inner.of === "items" ? `${path}[0]` : inner.of === "one" ? `${path}|${i}` : path,
          steps: inner.of === "items" ? [...steps, 0] : steps,
          mayBeAbsent: inner.of !== "items" && mayBeAbsent,
          isOneOfMany: items !== undefined && items.length > 1,
          taken: taken && (inner.of !== "one" || fits(one, value)),
          rebuild: (other) => rebuild(inner.rebuild(inner.shapes.with(i, other))),
        }),
      );
    } else if (Array.isArray(shape)) {
      const items = shape as readonly Shape[];
      items.forEach((one, i) =>
        visit(one, Array.isArray(value) ? value[i] : undefined, {
          path: `${path}[${i}]`,
          steps: [...steps, i],
          taken,
          rebuild: (other) => rebuild(items.with(i, other)),
        }),
      );
    } else if (typeof shape === "object") {
      const fields = shape as Readonly<Record<string, Shape>>;
      for (const [field, one] of Object.entries(fields)) {
        const { [field]: _, ...others } = fields;
        visit(one, isObject(value) ? value[field] : undefined, {
          path: fieldPath(path, field),
          steps: [...steps, field],
          taken,
          rebuild: (other) => rebuild({ ...fields, [field]: other }),
          drop: () => rebuild(others),
        });
      }
    }
  };
  visit(shape, value, { path: "", steps: [], taken: true, rebuild: (other) => other });
  return found;
}

/** The shape inside of those that only say when to look. */
export const bare = (shape: Shape): Shape =>
  shape instanceof Matcher && shape.inner?.of === "value" ? bare(shape.inner.shapes[0] ?? shape) : shape;

/** Whether it takes any value: of such an entry only the field's being there says something. */
export const isOpen = (shape: Shape): boolean => bare(shape) === hidden;

/** Whether a function decides about the value; it takes more than one, so not every change is wrong. */
export const isOwnJudge = (shape: Shape): boolean => {
  const inside = bare(shape);
  return inside instanceof Matcher && inside.inner === undefined && inside !== hidden;
};

/** Other values in the place of this one: changed, of another type, with a sibling. */
export function changesOf(value: unknown): unknown[] {
  const changed: unknown[] =
    typeof value === "string"
      ? [`${value}x`, [value]]
      : typeof value === "number"
        ? [value + 1, `${value}x`]
        : typeof value === "boolean"
          ? [!value, "other"]
          : Array.isArray(value)
            ? [[...(value as unknown[]), "other"], "other"]
            : isObject(value)
              ? [{ ...value, other: "a" }, "other"]
              : ["other", { other: "a" }];
  return changed;
}

/** What no function of the tables takes, each for another reason. */
export const oddValues: readonly unknown[] = ["", {}, [], -1, "no such value!"];

/** What stands at the place; undefined if nothing does. */
export const valueAt = (value: unknown, steps: readonly Step[]): unknown =>
  steps.reduce<unknown>((inner, step) => (inner as Record<Step, unknown> | undefined)?.[step], value);

/** A copy with another value in that place, or with none; the rest is shared. */
export function changedAt(value: unknown, [step, ...rest]: readonly Step[], to: { value?: unknown }): unknown {
  if (step === undefined) return to.value;
  const isLast = rest.length === 0;
  if (Array.isArray(value)) {
    const items = value as unknown[];
    const at = Number(step);
    return isLast && !("value" in to) ? items.toSpliced(at, 1) : items.with(at, changedAt(items[at], rest, to));
  }
  const { [step]: inner, ...others } = (value ?? {}) as Record<Step, unknown>;
  return isLast && !("value" in to) ? others : { ...others, [step]: changedAt(inner, rest, to) };
}
