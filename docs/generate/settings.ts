import {
  defaultText,
  leftOut,
  settingObjects,
  type SettingNode,
  type SettingObject,
} from "../../operations/documents/settings-tree";

/** Where the page lies, from the repository's folder. */
export const settingsPageFile = "docs/reference/settings.md";

const widest = 120;
// A longer default stands below the table.
const longestInTable = 40;

// Named in the metadata as from the repository's folder.
const documents = /\b((?:docs|examples)\/[\w/-]+\.md)\b/g;

const head = `# Settings

This page lists everything that a stack's file \`Pulumi.STACK.yaml\` may contain under \`config:\`. It is made from
\`settings/\` by \`npm run docs:update\`, and so is the schema for editors
([schemas/stack.schema.json](../../schemas/stack.schema.json)): edit the settings, not this page.

- Three settings are required; everything else has a default. An object that is left out is the same as \`{}\`.
- A key that does not exist, a value of the wrong kind and settings that contradict each other are refused before
  anything is deployed. The error names all mistakes at once, each with the file, the key and what to write instead.
- "If wrong" says what happens if a value is accepted, but does not fit your cluster.
- A key may be written without \`alloy:\`, but not both ways in one file.
- No setting is secret: settings end up in a ConfigMap, so an encrypted value (\`secure:\`) is refused.
`;

/** The reference of all settings as Markdown: a section for each object, a row and a paragraph for each key. */
export function settingsPage(objects: readonly SettingObject[] = settingObjects()): string {
  return [head, ...objects.map(section)].join("\n");
}

function section({ path, node }: SettingObject): string {
  const entries = Object.entries(node.properties ?? {});
  const required = new Set(node.required ?? []);
  const rows = entries.map(([key, child]) => [code(key), inTable(child, required.has(key)), takesShort(child)]);
  const title = path === "" ? "## The settings" : `## \`${path}\``;
  const intro = path === "" ? ["Each key has the prefix `alloy:`."] : [node.description ?? "", ...leftOut(node)];
  const paragraphs = entries.flatMap(([key, child]) => (child.properties ? [] : [paragraph(key, child)]));
  const parts = [title, wrap(intro.join(" "), ""), table(rows), paragraphs.join("\n")];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** What holds if the key is left out. */
function inTable(node: SettingNode, required: boolean): string {
  if (required) return "**required**";
  const value = defaultText(node);
  if (value === undefined) return node.properties && node.otherwise === undefined ? code("{}") : "see below";
  return value.length <= longestInTable ? code(value) : "see below";
}

/** What it takes, without examples; those are in the paragraph. */
function takesShort(node: SettingNode): string {
  if (node.properties) return "an object";
  return (node.takes ?? "").replace(/(,? such as |: name| \(|: host).*$/, "").replace(/^(a list of) `.*/, "$1 words");
}

function paragraph(key: string, node: SettingNode): string {
  const { takes = "", description = "", ifWrong } = node;
  const value = defaultText(node);
  const sentences = [
    `**\`${key}\`**: ${description}`,
    ...(takes === takesShort(node) ? [] : [`Takes ${takes}.`]),
    ...(value !== undefined && value.length > longestInTable ? [`Default: ${code(value)}.`] : []),
    ...leftOut(node),
    ...(ifWrong === undefined ? [] : [`_If wrong:_ ${ifWrong}`]),
  ];
  return wrap(sentences.join(" "), "  ", "- ");
}

const code = (text: string): string => `\`${text}\``;

/** Aligned as prettier aligns it. */
function table(rows: readonly string[][]): string {
  const all = [["key", "default", "takes"], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [first = [], ...rest] = all.map(line);
  const lines = [first, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest].map(String);
  const wide = lines.find((text) => text.length > widest);
  if (wide !== undefined) throw new Error(`a line of the table is wider than ${widest} columns: ${wide}`);
  return lines.join("\n");
}

/** Breaks text between words, so that no line is wider than 120 columns. */
function wrap(text: string, indent: string, first = ""): string {
  const lines: string[] = [first];
  for (const word of text.replace(documents, "[$1](../../$1)").match(/(`[^`]*`|\S)+/g) ?? []) {
    const line = lines.at(-1) ?? "";
    const joined = line === "" || line === first || line === indent ? `${line}${word}` : `${line} ${word}`;
    if (joined.length <= widest) lines[lines.length - 1] = joined;
    else lines.push(`${indent}${word}`);
  }
  return lines.join("\n");
}
