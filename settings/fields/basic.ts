import { z } from "zod";

import { message, shown, valueKind } from "./wording";

/** The plain kinds of value: text, a word of a list, on or off. */

/** Reports what is wrong and what to write instead. */
export type Refuse = (problem: string, remedy: string) => void;

/** Text; `expected` completes "write …" for a value that is missing or that YAML read as something else. */
export const text = (expected: string) =>
  z.string({
    error: ({ input }) => {
      if (input === undefined) return message("is missing", `write ${expected}`);
      if (typeof input === "number" || typeof input === "boolean")
        return message(`is ${valueKind(input)} where text belongs`, `write ${expected}; text in digits needs quotes`);
      return message(input === null ? "is empty" : `is ${valueKind(input)} where text belongs`, `write ${expected}`);
    },
  });

/** Text that passes `check`, which reports at most one problem. */
export const checkedText = (expected: string, check: (value: string, refuse: Refuse) => void) =>
  text(expected).superRefine((value, context) =>
    check(value, (problem, remedy) => context.addIssue({ code: "custom", message: message(problem, remedy) })),
  );

/** Text that must not be empty. */
export const name = (expected: string) =>
  checkedText(expected, (value, refuse) => {
    if (value.trim() === "") refuse("is empty", `write ${expected}`);
    else if (value !== value.trim()) refuse(`${shown(value)} has spaces at its ends`, "take them away");
  });

/** On or off. YAML's `"true"` in quotes is taken too: `pulumi config set` and templates write it that way. */
export const flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")], {
  error: ({ input }) => message(`is ${valueKind(input)} where true or false belongs`, "write true or false"),
});

/** One of a few words. */
export const choice = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, {
    error: ({ input }) =>
      message(
        input === undefined
          ? "is missing"
          : typeof input === "string"
            ? `${shown(input)} is not one of its values`
            : `is ${valueKind(input)} where a word belongs`,
        `write one of ${words.join(", ")}`,
      ),
  });

/** A whole number above zero; YAML's digits in quotes are taken too. */
export const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], {
    error: ({ input }) => message(`is ${valueKind(input)} where a count belongs`, "write a whole number, such as 100"),
  })
  .refine((value) => Number.isInteger(value) && value > 0 && value <= 1_000_000_000, {
    error: ({ input }) => message(`${shown(input)} is no whole number above zero`, "write a whole number, such as 100"),
  });
