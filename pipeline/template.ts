/**
 * Fills a section in. A section is valid Alloy as it stands in its file, so that Alloy's own formatter and an editor
 * read it: a value is a whole string `"{{name}}"`, a part that is there or not is a comment line `// {{name}}`.
 */

/** What a section's places are filled with. */
export interface SectionContent {
  /** `"{{name}}"` becomes the value as Alloy writes it: text in quotes, numbers and booleans bare. */
  values?: Record<string, string | number | boolean>;
  /** `// {{name}}` becomes this text, indented as the comment was; an empty text takes the line away. */
  parts?: Record<string, string>;
}

/**
 * The section's text with every place filled. Throws where a place has no content or content has no place: both are
 * mistakes of this program, not of its user.
 */
export function fillTemplate(file: string, template: string, content: SectionContent): string {
  const values = content.values ?? {};
  const parts = content.parts ?? {};
  const used = new Set<string>();

  // Values first: a part is filled in already, and a value in it that happens to look like a place is text.
  const withValues = template.replace(/"\{\{(\w+)\}\}"/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file}: nothing is given for the value ${name}`);
    used.add(name);
    return alloyLiteral(value);
  });

  const filled = withValues.replace(
    /^([ \t]*)\/\/ \{\{(\w+)\}\}\n(\n?)/gm,
    (_, indent: string, name: string, gap: string) => {
      const part = parts[name];
      if (part === undefined) throw new Error(`${file}: nothing is given for the part ${name}`);
      used.add(name);
      if (part === "") return "";
      const lines = part.trimEnd().split("\n");
      return lines.map((line) => (line === "" ? "" : indent + line)).join("\n") + "\n" + gap;
    },
  );

  const unused = [...Object.keys(values), ...Object.keys(parts)].filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`${file}: no place for ${unused.join(", ")}`);
  return removeEmptyEnds(filled);
}

/** A value in Alloy's syntax, whose strings have the escapes of JSON. */
function alloyLiteral(value: string | number | boolean): string {
  return JSON.stringify(value);
}

// A part that was taken away may leave an empty line in front of a closing brace, which Alloy's formatter removes.
function removeEmptyEnds(text: string): string {
  return text.replace(/\n\n+([ \t]*\})/g, "\n$1");
}
