import assert from "node:assert/strict";

import * as fc from "fast-check";

import { repoRoot } from "../../../kit/repo-root";
import { goldenNames, goldenRecording, goldenVariants } from "../../../operations/recording/golden";
import { recordProgram } from "../../../operations/recording/record-program";
import { composePipeline } from "../../../pipeline/compose";
import type { Resource } from "../../../policy/rule";
import { expectedFields } from "../../../policy/rules/alloy/fields";
import type { Expected, ExpectedStack } from "../../../policy/rules/alloy/expected/expected";
import { expectedStack } from "../../../policy/rules/alloy/expected/stack";
import { keyOf } from "../../../policy/rules/alloy/resources";
import { compare, hidden, matching, optional, someOf, type Shape } from "../../../policy/shape";
import type { Plain } from "../../../policy/values";
import { parseSettings } from "../../../settings/parse-settings";
import { readStackFile } from "../../../settings/stack-file";
import { configOf } from "../../support/settings";
import { stackValues } from "../stack-generator";
import { resourcesOf } from "./bases";
import {
  bare,
  changedAt,
  changesOf,
  entriesOf,
  isOpen,
  isOwnJudge,
  oddValues,
  valueAt,
  type Entry,
} from "./shape-entries";

/** Stacks of the generator that are looked through for entries that no golden stack has. */
const generated = { numRuns: 60, seed: 18 };

const fits = (shape: Shape, value: unknown): boolean => {
  let isRight = true;
  const refuse = (): void => void (isRight = false);
  compare(shape, () => value, "", { violation: refuse, unknown: refuse });
  return isRight;
};

/** The rule's own verdict on a resource. */
function passes(stack: ExpectedStack, resource: Resource, props: unknown): boolean {
  let isRight = true;
  const refuse = (): void => void (isRight = false);
  for (const check of expectedFields(stack).checks)
    check({ ...resource, props: props as Plain }, { violation: refuse, unknown: refuse }, {});
  return isRight;
}

interface Found {
  entry: Entry;
  expected: Expected;
  resource: Resource;
  stack: ExpectedStack;
}

/** Kind and path: the same entry in whatever stack. */
const nameOf = ({ expected, entry }: Found): string =>
  `${expected.type.slice(expected.type.lastIndexOf(":") + 1)} ${/-(seed|gateway)$/.exec(expected.name)?.[1] ?? expected.name.replace(/-[0-9a-f]{8,}$/, "")}: ${entry.path}`;

function entriesIn(config: Record<string, string>, resources: readonly Resource[]): Found[] {
  const settings = parseSettings(config, "stack config");
  const stack = expectedStack(settings, composePipeline(settings));
  const byKey = new Map(resources.map((one) => [keyOf(one), one]));
  return stack.resources
    .filter(({ type }) => !type.startsWith("detectviz:"))
    .flatMap((expected) => {
      const resource = byKey.get(keyOf(expected));
      assert.ok(resource, keyOf(expected));
      assert.ok(passes(stack, resource, resource.props), keyOf(expected));
      return entriesOf(expected.props, resource.props, fits).map((entry) => ({ entry, expected, resource, stack }));
    });
}

/** What is wrong with the entry: nothing, if every change of it is refused because of it alone. */
function faultsOf(found: Found): string[] {
  const { entry, resource, stack } = found;
  const { steps, shape, loosened, dropped, mayBeAbsent, isOneOfMany } = entry;
  const { props } = resource;
  const value = valueAt(props, steps);
  if (isOpen(shape)) {
    // It says that the field may be there, and no more. Inside of another matcher that one has been looked at.
    return dropped !== undefined && value !== undefined && fits(dropped, props) ? ["may be left out"] : [];
  }
  const put = (to: unknown): unknown => changedAt(props, steps, { value: to });
  const changes = (isOwnJudge(shape) ? oddValues : changesOf(value)).map(put);
  const isRequired = value !== undefined && !mayBeAbsent;
  const isEmptyList = Array.isArray(bare(shape)) && (bare(shape) as readonly Shape[]).length === 0;
  const removed = isRequired && !isEmptyList && steps.length > 0 ? [changedAt(props, steps, {})] : [];
  const refused = changes.filter((one) => !passes(stack, resource, one));
  const faults: string[] = [];
  if (isOwnJudge(shape) ? refused.length === 0 : refused.length < changes.length) faults.push("a change passes");
  // One item less of several alike is a list of the same shape.
  if (!isOneOfMany && removed.some((one) => passes(stack, resource, one))) faults.push("its removal passes");
  if (!refused.some((one) => fits(loosened, one))) faults.push("nothing more passes without it");
  return faults;
}

describe("every entry of the shape tables", function () {
  this.timeout(120_000);
  const seen = new Map<string, string>();
  const open = new Set<string>();
  const faults: string[] = [];

  function lookAt(from: string, found: readonly Found[]): void {
    for (const one of found) {
      const name = nameOf(one);
      const says = !isOpen(one.entry.shape) || valueAt(one.resource.props, one.entry.steps) !== undefined;
      if (!one.entry.taken || !says) open.add(name);
      else if (!seen.has(name) || goldenNames.includes(from)) {
        if (!seen.has(name)) seen.set(name, from);
        for (const fault of faultsOf(one)) faults.push(`${from}: ${name}: ${fault}`);
      }
    }
  }

  for (const golden of goldenNames)
    it(`of ${golden} refuses each change in its place, and lets it through without the entry`, async () => {
      const { stack, config } = goldenVariants[golden] ?? { stack: golden, config: {} };
      const found = entriesIn(
        { ...readStackFile(stack, repoRoot).config, ...config },
        resourcesOf(await goldenRecording(golden)),
      );
      assert.ok(found.length > 100);
      faults.length = 0;
      lookAt(golden, found);
      assert.deepEqual(faults, []);
    });

  it("that no golden stack has does so in a stack of the generator", async () => {
    faults.length = 0;
    const goldens = new Set(seen.keys());
    for (const [i, values] of fc.sample(stackValues, generated).entries()) {
      const config = configOf(values);
      lookAt(
        `stack ${i} of the generator`,
        entriesIn(config, resourcesOf(await recordProgram({ stack: "test", config }))),
      );
    }
    const more = [...seen].filter(([name]) => !goldens.has(name));
    console.log(more.map(([name, from]) => `      ${from}: ${name}`).join("\n"));
    assert.ok(goldens.size > 500 && more.length > 50);
    assert.deepEqual(
      [...open].filter((name) => !seen.has(name)),
      [],
    );
    assert.deepEqual(faults, []);
  });
});

describe("the search for idle entries", () => {
  const faultsIn = (props: Shape, value: Plain): string[] => {
    const expected = { type: "a", name: "b", props, protect: false };
    const resource = { type: "a", name: "b", urn: "", props: value, opts: { protect: false } };
    const stack = { resources: [expected], outputs: {} };
    return entriesOf(props, value, fits).flatMap((entry) =>
      faultsOf({ entry, expected, resource, stack }).map((fault) => `${entry.path}: ${fault}`),
    );
  };

  it("finds nothing where each field and item says something", () => {
    const shape = { a: "x", b: [1, true], c: optional({ d: "y" }), e: someOf({ f: "z" }), g: hidden, h: optional("i") };
    assert.deepEqual(faultsIn(shape, { a: "x", b: [1, true], c: { d: "y" }, e: [{ f: "z" }, { f: "z" }], g: 5 }), []);
  });

  it("finds an entry that takes whatever comes, and one that may be missing by itself", () => {
    assert.deepEqual(faultsIn({ a: matching("anything", () => true) }, { a: 1 }), [
      "a: a change passes",
      "a: its removal passes",
      "a: nothing more passes without it",
    ]);
    assert.deepEqual(faultsIn({ a: matching("no text", (value) => typeof value !== "string") }, { a: 1 }), [
      "a: its removal passes",
    ]);
  });
});
