import * as crypto from "node:crypto";
import { compare, replaceOn, withoutIgnored } from "./diff";
import { main } from "./framework";
import type { CheckFailure, CheckRequest, CheckResult, Provider } from "./provider";
import type { PropertyMap } from "./values";
import { containsUnknown, flagAt, numberAt, revealMap, Secret, stringAt, UNKNOWN } from "./values";

const TYPE = "random:index/randomPassword:RandomPassword";

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = UPPER.toLowerCase();
const DIGITS = "0123456789";
/** The official default, from terraform-provider-random. */
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

const INPUTS = [
  "keepers",
  "length",
  "lower",
  "minLower",
  "minNumeric",
  "minSpecial",
  "minUpper",
  "number",
  "numeric",
  "overrideSpecial",
  "special",
  "upper",
];

interface Recipe {
  length: number;
  /** Each class of characters that may occur, and how many of it must. */
  classes: { characters: string; min: number }[];
}

/** RandomPassword. Every input forces a new password, since the old one may not satisfy the new rules. */
export function randomProvider(): Provider {
  return {
    name: "random",
    version: "4.21.2",
    supports: (token) => token === TYPE,
    checkConfig: () => [],
    diffConfig: (olds, news) => ({ changes: compare(olds, news, () => false), deleteBeforeReplace: false }),
    configure: () => Promise.resolve(),
    check: (request) => Promise.resolve(check(request)),
    diff: ({ olds, news, ignoreChanges }) => {
      const before = Object.fromEntries(Object.entries(olds).filter(([key]) => INPUTS.includes(key)));
      const changes = compare(before, withDefaults(news), replaceOn(INPUTS));
      return Promise.resolve({ changes: withoutIgnored(changes, ignoreChanges), deleteBeforeReplace: false });
    },
    create: ({ inputs, preview }) => {
      const state = withDefaults(inputs);
      if (preview) return Promise.resolve({ id: "", state: { ...state, result: new Secret(UNKNOWN) } });
      return Promise.resolve({ id: "none", state: { ...state, result: new Secret(generate(recipeOf(inputs))) } });
    },
    read: ({ id, state, inputs }) => Promise.resolve(read(id, state, inputs)),
    update: ({ olds, news }) => Promise.resolve({ ...olds, ...withDefaults(news) }),
    delete: () => Promise.resolve(),
    invoke: (token) => Promise.reject(new Error(`unknown Invoke type ${JSON.stringify(token)}`)),
    cancel: () => undefined,
  };
}

function check({ news }: CheckRequest): CheckResult {
  const failures: CheckFailure[] = [];
  for (const key of Object.keys(news)) {
    if (!INPUTS.includes(key))
      failures.push({ property: key, reason: `an unexpected argument ${JSON.stringify(key)}` });
  }
  if (news["length"] === undefined) failures.push({ property: "length", reason: "Missing required property 'length'" });
  if (failures.length === 0 && !containsUnknown(news)) {
    const reason = recipeProblem(recipeOf(news));
    if (reason !== undefined) failures.push({ property: "length", reason });
  }
  return { inputs: news, failures };
}

function recipeProblem({ length, classes }: Recipe): string | undefined {
  if (!Number.isInteger(length) || length < 1) return `length must be a whole number of at least 1, got ${length}`;
  const sum = classes.reduce((total, c) => total + c.min, 0);
  if (sum > length) return `length must be at least the sum of minUpper, minLower, minNumeric and minSpecial (${sum})`;
  if (classes.every((c) => c.characters === ""))
    return "at least one of upper, lower, numeric and special must be true";
  return undefined;
}

function recipeOf(inputs: PropertyMap): Recipe {
  const state = withDefaults(inputs);
  const allowed = (flag: string, characters: string): string => (flagAt(state, flag) === false ? "" : characters);
  return {
    length: numberAt(inputs, "length") ?? 0,
    classes: [
      { characters: allowed("upper", UPPER), min: numberAt(state, "minUpper") ?? 0 },
      { characters: allowed("lower", LOWER), min: numberAt(state, "minLower") ?? 0 },
      { characters: allowed("numeric", DIGITS), min: numberAt(state, "minNumeric") ?? 0 },
      {
        characters: allowed("special", stringAt(inputs, "overrideSpecial") || SPECIAL),
        min: numberAt(state, "minSpecial") ?? 0,
      },
    ],
  };
}

/** Fills in what the official plugin keeps in the state for inputs that were not given. */
function withDefaults(inputs: PropertyMap): PropertyMap {
  const numeric = inputs["numeric"] ?? inputs["number"] ?? true;
  return {
    lower: true,
    minLower: 0,
    minNumeric: 0,
    minSpecial: 0,
    minUpper: 0,
    special: true,
    upper: true,
    ...inputs,
    number: numeric,
    numeric,
  };
}

function generate({ length, classes }: Recipe): string {
  const pick = (characters: string): string => characters.charAt(crypto.randomInt(characters.length));
  const everything = classes.map((c) => c.characters).join("");
  const required = classes.flatMap(({ characters, min }) =>
    characters === "" ? [] : Array.from({ length: min }, () => pick(characters)),
  );
  const text = [...required, ...Array.from({ length: length - required.length }, () => pick(everything))];
  // Fisher-Yates: without it the required characters would always come first.
  for (let i = text.length - 1; i > 0; i--) {
    const j = crypto.randomInt(i + 1);
    [text[i], text[j]] = [text[j] ?? "", text[i] ?? ""];
  }
  return text.join("");
}

/** Nothing outside the state holds the password: a refresh gives the state back, an import takes the id for it. */
function read(
  id: string,
  state: PropertyMap,
  inputs: PropertyMap,
): { id: string; state: PropertyMap; inputs: PropertyMap } {
  if (Object.keys(state).length > 0) return { id, state, inputs };
  const length = { length: id.length };
  return {
    id: "none",
    state: { ...withDefaults(length), result: new Secret(id) },
    inputs: revealMap(withDefaults(length)),
  };
}

if (require.main === module) main(randomProvider);
