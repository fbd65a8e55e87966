import assert from "node:assert/strict";

import fc from "fast-check";

import { fillTemplate } from "../../pipeline/template";
import { blocksOf, textAt, tokensOf } from "../support/alloy-text";

const fill = (template: string, content: Parameters<typeof fillTemplate>[2]) =>
  fillTemplate("x.alloy", template, content);

const section = `logging {
	level = "{{level}}"

	// {{extra}}
}
`;

describe("template", () => {
  it("fills values in as Alloy writes them", () => {
    const values = { text: "a", number: 126, flag: false };
    assert.equal(
      fill('a = "{{text}}"\nb = "{{number}}"\nc = "{{flag}}"\n', { values }),
      'a = "a"\nb = 126\nc = false\n',
    );
  });

  it("indents a part as its comment is", () => {
    const parts = { extra: "block {\n\tone = 1\n\n\ttwo = 2\n}\n" };
    assert.equal(
      fill(section, { values: { level: "info" }, parts }),
      'logging {\n\tlevel = "info"\n\n\tblock {\n\t\tone = 1\n\n\t\ttwo = 2\n\t}\n}\n',
    );
  });

  it("takes an empty part away with the line above the brace", () => {
    assert.equal(
      fill(section, { values: { level: "info" }, parts: { extra: "" } }),
      'logging {\n\tlevel = "info"\n}\n',
    );
  });

  it("keeps one empty line between what surrounds an empty part", () => {
    assert.equal(fill("a = 1\n\n// {{gone}}\n\nb = 2\n", { parts: { gone: "" } }), "a = 1\n\nb = 2\n");
  });

  it("leaves ordinary comments alone", () => {
    assert.equal(fill("// about {{nothing}} here\na = 1\n", {}), "// about {{nothing}} here\na = 1\n");
  });

  it("throws where a place has no content", () => {
    assert.throws(() => fill(section, { values: { level: "info" } }), /x\.alloy: nothing is given for the part extra/);
    assert.throws(() => fill(section, { parts: { extra: "" } }), /x\.alloy: nothing is given for the value level/);
  });

  it("throws where content has no place", () => {
    const content = { values: { level: "info", other: 1 }, parts: { extra: "", more: "" } };
    assert.throws(() => fill(section, content), /x\.alloy: no place for other, more/);
  });

  it("takes a value that looks like a place for what it is, in a part too", () => {
    const inner = fill('regex = "{{regex}}"\n', { values: { regex: "{{level}}" } });
    const text = fill(section, { values: { level: "{{extra}}" }, parts: { extra: inner } });
    assert.equal(text, 'logging {\n\tlevel = "{{extra}}"\n\n\tregex = "{{level}}"\n}\n');
  });
});

// What JSON texts and YAML can hold: lone surrogates are no text in either.
const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom('"', "\\", "\n", "\r", "\t", "{", "}", "{{x}}", '"{{x}}"', "//", "$1", "$&", "\0", " "),
  }),
);

describe("template: quoting", () => {
  it("gives every text back as one string literal", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const text = fill('block {\n\tbefore = 1\n\tit     = "{{it}}"\n\tafter  = 2\n}\n', { values: { it: value } });
        const [block, ...others] = blocksOf(text);
        assert.ok(block);
        assert.deepEqual(others, []);
        assert.equal(textAt(block, "it"), value);
        assert.deepEqual(Object.keys(block.attributes), ["before", "it", "after"]);
      }),
      { numRuns: 500 },
    );
  });

  it("lets no text change the tokens around it", () => {
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        const inner = fill('other = "{{two}}"\n', { values: { two } });
        const text = fill(section, { values: { level: one }, parts: { extra: inner } });
        const kinds = tokensOf(text).map(({ kind, text: token }) => (kind === "string" ? kind : token));
        assert.deepEqual(kinds, ["logging", "{", "level", "=", "string", "other", "=", "string", "}"]);
      }),
      { numRuns: 500 },
    );
  });

  it("writes no line break inside quotes", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        assert.equal(fill('it = "{{it}}"\n', { values: { it: value } }).split("\n").length, 2);
      }),
    );
  });
});
