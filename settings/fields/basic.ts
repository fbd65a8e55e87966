import { z } from "zod";

import { message, shown, wrongType } from "./wording";

/**
 * The plain kinds of value: text, a word of a list, on or off. Every kind says in its metadata what it `takes`; the
 * editors' schema and docs/reference/settings.md are made from it. A `pattern` there may let more through than the
 * check, never less.
 */

declare module "zod" {
  interface GlobalMeta {
    /** What a field takes, in few words: `a duration of 1s or more`. */
    takes?: string;
    /** What happens if the value is of the right kind, but wrong. */
    ifWrong?: string;
    /** What holds if the key is left out and there is no default to show: `the newest version`. */
    otherwise?: string;
    /** JSON Schema for text. */
    pattern?: string;
  }
}

/** Reports what is wrong and what to write instead. */
export type Refuse = (problem: string, remedy: string) => void;

/** Text; `expected` completes "write …" for a value that is missing or that YAML read as something else. */
export const text = (expected: string) =>
  z
    .string({
      error: ({ input }) => {
        const quotes = typeof input === "number" || typeof input === "boolean" ? ", in quotes" : "";
        return message(wrongType(input, "text"), `write ${expected}${quotes}`);
      },
    })
    .meta({ takes: expected });

/** Text that passes `check`, which reports at most one problem. */
export const checkedText = (expected: string, check: (value: string, refuse: Refuse) => void) =>
  text(expected).superRefine((value, context) =>
    check(value, (problem, remedy) => context.addIssue({ code: "custom", message: message(problem, remedy) })),
  );

/** Text that must not be empty. */
export const name = (expected: string) =>
  checkedText(expected, (value, refuse) => {
    if (value.trim() === "") refuse("is empty", `write ${expected}`);
    else if (value !== value.trim()) refuse(`${shown(value)} begins or ends with a space`, "remove the space");
  }).meta({ pattern: "^\\S([\\s\\S]*\\S)?$" });

/** On or off. YAML's `"true"` in quotes is accepted too: `pulumi config set` and templates write it that way. */
export const flag = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")], {
    error: ({ input }) => message(wrongType(input, "true or false"), "write true or false"),
  })
  .meta({ takes: "true or false" });

/** One of a few words. */
export const choice = <const Words extends readonly string[]>(words: Words) =>
  z
    .enum(words, {
      error: ({ input }) =>
        message(
          typeof input === "string" ? `${shown(input)} is not one of its values` : wrongType(input, "a word"),
          `write one of ${words.join(", ")}`,
        ),
    })
    .meta({ takes: words.map((word) => `\`${word}\``).join(", ") });

/** A whole number above zero; YAML's digits in quotes are accepted too. */
export const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], {
    error: ({ input }) => message(wrongType(input, "a whole number"), "write a whole number, such as 100"),
  })
  .refine((value) => Number.isInteger(value) && value > 0 && value <= 1_000_000_000, {
    error: ({ input }) =>
      message(`${shown(input)} is not a whole number above zero`, "write a whole number, such as 100"),
  })
  .meta({ takes: "a whole number above 0", minimum: 1, maximum: 1_000_000_000, multipleOf: 1 });
