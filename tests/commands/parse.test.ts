import assert from "node:assert/strict";

import { helpOf } from "../../commands/command-line/help";
import { parseCall, wholeNumber } from "../../commands/command-line/parse";
import { defineVerb, usageOf } from "../../commands/command-line/verb";
import { UserError } from "../../kit/user-error";

const verb = defineVerb({
  name: "render",
  summary: "Show it",
  description: ["What it does."],
  arguments: {
    action: { meaning: "what to do", choices: ["check", "sync"] },
    stack: { meaning: "which one" },
    node: { meaning: "where", optional: true },
  },
  flags: {
    out: { meaning: "Write it there", value: "FILE", default: "standard output" },
    from: { meaning: "Read it there", value: "FILE", many: true },
    for: { meaning: "Whom it is for", value: "PURPOSE", choices: ["preview", "up"] },
    "purge-cache": { meaning: "Remove more" },
  },
  json: "all of it",
  examples: [{ line: "npx alloyctl render check a", meaning: "look" }],
  exitCodes: { 0: "all is well", 1: "it is not" },
  run: () => Promise.resolve({}),
});

const read = (...words: string[]) => parseCall(verb, words);
const usage =
  "npx alloyctl render check|sync STACK [NODE] [--out FILE] [--from FILE]… [--for PURPOSE] [--purge-cache] [--json]";

/** The report of a call that is refused. */
function refusalOf(words: readonly string[]): UserError {
  try {
    parseCall(verb, words);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error;
  }
  return assert.fail(`taken: ${words.join(" ")}`);
}

describe("what a verb is called with", () => {
  it("is read by the names of its data, with what was left out", () => {
    assert.deepEqual(read("check", "staging"), {
      arguments: { action: "check", stack: "staging", node: undefined },
      flags: { out: undefined, from: [], for: undefined, "purge-cache": false, json: false },
      json: false,
    });
  });

  it("takes flags before, between and behind words, with = or with a blank", () => {
    for (const words of [
      ["--out", "a.yaml", "check", "staging", "node-1", "--purge-cache", "--json"],
      ["check", "--json", "staging", "--purge-cache", "node-1", "--out=a.yaml"],
    ]) {
      const call = read(...words);
      assert.ok(call !== "help");
      assert.deepEqual(call.arguments, { action: "check", stack: "staging", node: "node-1" });
      assert.deepEqual([call.flags["out"], call.flags["purge-cache"], call.json], ["a.yaml", true, true]);
    }
  });

  for (const [words, value] of [
    [["--out", "a=b=c"], "a=b=c"],
    [["--out=a=b=c"], "a=b=c"],
    [["--out=--yes"], "--yes"],
    [["--out="], ""],
    [["--out", "-"], "-"],
  ] as const)
    it(`keeps the value of ${words.join(" ")} whole`, () => {
      const call = read("check", "staging", ...words);
      assert.ok(call !== "help");
      assert.equal(call.flags["out"], value);
    });

  it("collects a flag that may be repeated, in its order", () => {
    const call = read("check", "staging", "--from", "a", "--from=-", "--from", "b");
    assert.ok(call !== "help");
    assert.deepEqual(call.flags["from"], ["a", "-", "b"]);
  });

  it("asks for help, before anything is refused", () => {
    for (const words of [
      ["--help"],
      ["-h"],
      ["check", "staging", "-h"],
      ["--help", "a", "b", "c", "d"],
      ["check", "--out", "-h"],
    ])
      assert.equal(read(...words), "help", words.join(" "));
  });

  for (const [words, problem, hint] of [
    [[], /^ACTION is missing$/, undefined],
    [["check"], /^STACK is missing$/, undefined],
    [["check", ""], /^STACK is empty$/, undefined],
    [["check", "a", "b", "c", "d"], /^c d: words too many$/, undefined],
    [["chek", "a"], /^ACTION cannot be "chek"$/, "did you mean check?"],
    [["remove", "a"], /^ACTION cannot be "remove"$/, "choose one of check, sync"],
    [["check", "a", "--for", "upp"], /^--for cannot be "upp"$/, "did you mean up?"],
    [["check", "a", "--ot", "x"], /^there is no flag --ot$/, "did you mean --out?"],
    [["check", "a", "--ot=x"], /^there is no flag --ot$/, "did you mean --out?"],
    [["check", "a", "--something"], /^there is no flag --something$/, undefined],
    [["check", "a", "-x"], /^there is no flag -x$/, undefined],
    [["check", "a", "--json=yes"], /^--json takes no value$/, undefined],
    [["check", "a", "--out"], /^--out has no FILE$/, undefined],
    [["check", "a", "--out", "--json"], /^--out has no FILE$/, "if --json is the value, write --out=--json"],
  ] as const)
    it(`refuses ${JSON.stringify(words)} with the usage line${hint === undefined ? "" : " and what was meant"}`, () => {
      const error = refusalOf(words);
      const [told] = error.problems;
      assert.equal(told?.file, "npx alloyctl render");
      assert.match(told?.problem ?? "", problem);
      assert.equal(told?.remedy, [...(hint === undefined ? [] : [hint]), `usage: ${usage}`].join("\n      "));
      assert.equal(error.cannotTell, true, "a wrong call finds nothing out");
      assert.equal(error.consequence, "nothing was done");
    });

  it("has numbers that are whole and above zero", () => {
    assert.equal(wholeNumber("npm run bench", "runs", "12"), 12);
    for (const text of ["0", "-1", "1.5", "1e3", "", " 1", "three"])
      assert.throws(() => wholeNumber("npm run bench", "runs", text), /--runs\n +.* is no whole number above zero/);
  });
});

describe("the usage line and the help of a verb", () => {
  it("name each word and flag, and what a flag takes", () => {
    assert.equal(usageOf(verb), usage);
    assert.equal(
      usageOf({ ...verb, typed: "npm run sandbox:doctor", arguments: {}, flags: {} }),
      "npm run sandbox:doctor -- [--json]",
    );
    assert.equal(usageOf({ ...verb, typed: "npm start", arguments: {}, flags: {}, json: undefined }), "npm start");
  });

  it("hold everything that the data says", () => {
    const help = helpOf(verb);
    for (const text of [
      `Usage: ${usage}`,
      "What it does.",
      "which one",
      "--out <FILE>",
      "(without it: standard output)",
      '(choices: "preview", "up")',
      "Print JSON for a script: all of it",
      "npx alloyctl render check a",
      "  0  all is well",
      "  1  it is not",
      "  2  nobody could find out",
    ])
      assert.ok(help.includes(text), `${text} is not in\n${help}`);
  });
});
