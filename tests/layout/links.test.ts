import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { verbNames } from "../../commands/verbs";
import { repoRoot } from "../../kit/repo-root";

const readmeBytes = 8_192;
const tableColumns = 120;

/** Folders that are no part of the repository: what is installed or produced. */
const produced = new Set([".git", ".sandbox", "coverage", "dist", "node_modules"]);

/** Every file below a folder of the repository, by its path from the root. */
function filesBelow(folder: string): string[] {
  return fs.readdirSync(path.join(repoRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    if (produced.has(entry.name)) return [];
    const file = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

const files = filesBelow(".");
const baseNames = new Set(files.map((file) => path.posix.basename(file)));
const rootFolders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0] ?? ""));
const { scripts } = JSON.parse(fs.readFileSync(path.join(repoRoot, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

const read = (file: string): string => fs.readFileSync(path.join(repoRoot, file), "utf8");
const documents = [
  "README.md",
  ...files.filter((file) => /^(docs|examples)\/.*\.md$/.test(file)),
  "packages/sandbox/README.md",
  "packages/sandbox/stand-ins/README.md",
  "policy/README.md",
];

/** A document without its fenced blocks: what they quote are outputs and files of others. */
const prose = (text: string): string => text.replace(/^```.*?^```$/gms, "");

/** A heading's anchor, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

const anchorsOf = (file: string): string[] =>
  [...prose(read(file)).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

/** What is wrong with a relative link: its target, or the heading that it names, is not there. */
function brokenLink(document: string, link: string): boolean {
  const [target = "", anchor] = link.split("#");
  const file = target === "" ? document : path.posix.join(path.posix.dirname(document), target);
  if (!fs.existsSync(path.join(repoRoot, file))) return true;
  return anchor !== undefined && !anchorsOf(file).includes(anchor);
}

function brokenLinks(document: string): string[] {
  const links = [...prose(read(document)).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, reference]) => inline ?? reference ?? "",
  );
  return links.filter((link) => !/^[a-z]+:/.test(link) && brokenLink(document, link));
}

/**
 * Whether a text in backticks names something of the repository: it begins with one of its folders, or it is the bare
 * name of a TypeScript or Alloy file. A placeholder (`docs/FILE.md`) or a pattern (`*`) names nothing in particular.
 */
function looksLikePath(text: string): boolean {
  if (!/^[\w./-]+$/.test(text) || /(^|[/.])[A-Z]{2,}([/.]|$)/.test(text.replace("README.md", ""))) return false;
  if (text.includes("/")) return rootFolders.has(text.split("/")[0] ?? "");
  return /\.(ts|alloy)$/.test(text) && text !== "config.alloy";
}

function missingPaths(document: string): string[] {
  const quoted = [...prose(read(document)).matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
  return quoted.filter((text) => {
    if (!looksLikePath(text)) return false;
    const places = [text, path.posix.join(path.posix.dirname(document), text)];
    if (places.some((place) => fs.existsSync(path.join(repoRoot, place)))) return false;
    return text.includes("/") || !baseNames.has(text);
  });
}

/** `npm run NAME` without a script, and `npx alloyctl VERB` without a verb of that name. */
function unknownCommands(text: string): string[] {
  const named = (pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].flatMap(([, names = ""]) => names.split("|"));
  const npm = named(/npm run (?:--silent )?([a-z][\w:|-]*)/g).filter((name) => scripts[name] === undefined);
  const verbs = named(/npx alloyctl ([a-z][a-z-]*)/g).filter((verb) => !verbNames.includes(verb));
  return [...npm.map((name) => `npm run ${name}`), ...verbs.map((verb) => `npx alloyctl ${verb}`)];
}

describe("documents", () => {
  it("are found", () => assert.ok(documents.length > 40, String(documents.length)));

  for (const document of documents)
    it(`${document} links to what is there, and names paths and commands that exist`, () => {
      const wrong = {
        links: brokenLinks(document),
        paths: missingPaths(document),
        commands: unknownCommands(read(document)),
      };
      assert.deepEqual(wrong, { links: [], paths: [], commands: [] });
    });

  it(`README.md has at most ${readmeBytes} bytes`, () => {
    const bytes = Buffer.byteLength(read("README.md"));
    assert.ok(bytes <= readmeBytes, `${bytes} bytes`);
  });

  const narrow = documents.filter((document) => document === "README.md" || document.startsWith("docs/reference/"));
  for (const document of narrow)
    it(`${document} has no table line wider than ${tableColumns} columns`, () => {
      const wide = read(document)
        .split("\n")
        .filter((line) => line.startsWith("|") && [...line].length > tableColumns);
      assert.deepEqual(wide, []);
    });
});

describe("how documents are read", () => {
  it("takes links, paths and commands that are wrong for wrong", () => {
    assert.ok(brokenLink("docs/README.md", "no-such-file.md"));
    assert.ok(brokenLink("docs/README.md", "operations.md#no-such-heading"));
    assert.ok(!brokenLink("docs/README.md", "operations.md#go-back"));
    for (const text of ["settings/a.ts", "a.ts"]) assert.ok(looksLikePath(text), text);
    for (const text of ["docs/FILE.md", "PATH/loki", "a/b", "x", "tests/*"]) assert.ok(!looksLikePath(text), text);
    assert.deepEqual(unknownCommands("`npm run preview|nothing` and `npx alloyctl drift x`, `npx alloyctl nothing`"), [
      "npm run nothing",
      "npx alloyctl nothing",
    ]);
  });
});
