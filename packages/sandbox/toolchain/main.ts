import { UserError } from "../../../kit/user-error";
import { ensureTools, isToolName, toolNames, type Tool } from "./ensure";

/** `npx tsx packages/sandbox/toolchain/main.ts [tool…]`: makes the named tools ready, or all of them, and prints a table. */
async function main(words: string[]): Promise<void> {
  const unknown = words.filter((word) => !isToolName(word));
  if (unknown.length > 0) {
    const remedy = `name one of: ${toolNames.join(", ")}`;
    throw new UserError(
      unknown.map((word) => ({ file: "arguments", key: word, problem: "there is no such tool", remedy })),
    );
  }
  const names = words.length === 0 ? toolNames : words.filter(isToolName);
  const tools = await ensureTools(names, (tool, text) => process.stderr.write(`${tool}: ${text}\n`));
  process.stdout.write(table([...new Set(names)].map((name) => tools[name])));
}

function table(tools: Tool[]): string {
  const rows = [["tool", "version", "from", "path"], ...tools.map((t) => [t.name, t.version, t.origin, t.path])];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`).join("");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof UserError ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exitCode = 1;
});
