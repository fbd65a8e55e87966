/** What the vault plugin warns of at each read of a secret: docs/decisions/0072-reads-by-getsecretv2.md */
export const deprecatedRead = /vault:kv\/getSecretV2:getSecretV2\b.*\bdeprecated\b.*\bephemeral\b/i;

/** What the engine says of a plugin on PATH, several times in each run. The program has judged its version already. */
const fromPath = /\bwarning: using (pulumi-\S+) from \$PATH at (\S+)/;

/**
 * Takes warnings out of the engine's output that are known and that nobody can act on, so that a new one is seen, and says
 * at the end in one line each what was taken out. Everything else passes as it comes: also half a line, if it is one of
 * those with which the engine shows that it is alive.
 */
export class NoiseFilter {
  /** Text behind the last line break. */
  private rest = "";
  /** How much of `rest` has been passed on. */
  private passed = 0;
  private inDiagnostics = false;
  /** `Diagnostics:` and the resource's heading, kept back until there is something under them. */
  private headings: string[] = [];
  private reads = 0;
  private readonly plugins = new Map<string, string>();

  /** @returns what may be shown now */
  write(text: string): string {
    this.rest += text;
    const lines = this.rest.split("\n");
    this.rest = lines.pop() ?? "";
    const shown = lines.map((line, i) => {
      const passed = i === 0 ? this.passed : 0;
      return passed > 0 ? `${line.slice(passed)}\n` : this.line(line);
    });
    if (lines.length > 0) this.passed = 0;
    if (!this.rest.startsWith("@")) return shown.join("");
    const more = this.rest.slice(this.passed);
    this.passed = this.rest.length;
    return shown.join("") + more;
  }

  /** @returns the last half line, and what was taken out */
  end(): string {
    const last = this.passed > 0 ? this.rest.slice(this.passed) : this.rest === "" ? "" : this.line(this.rest);
    return [last, ...this.told()].join("");
  }

  private line(line: string): string {
    const plugin = fromPath.exec(line);
    if (plugin !== null) {
      this.plugins.set(plugin[1] ?? "", plugin[2] ?? "");
      return "";
    }
    if (deprecatedRead.test(line)) {
      // The engine shows each twice: beside the resource, and below "Diagnostics".
      if (/^\s+warning: /.test(line)) this.reads++;
      return "";
    }
    if (/^\S/.test(line)) {
      // A part of its own: headings under which nothing was left go.
      this.inDiagnostics = line === "Diagnostics:";
      this.headings = this.inDiagnostics ? [`${line}\n`] : [];
      return this.inDiagnostics ? "" : `${line}\n`;
    }
    if (this.inDiagnostics && /^ {2}\S.*:$/.test(line)) {
      this.headings = [...this.headings.filter((heading) => heading.startsWith("Diagnostics")), `${line}\n`];
      return "";
    }
    if (line === "" && this.headings.length > 0) return "";
    return `${this.headings.splice(0).join("")}${line}\n`;
  }

  private told(): string[] {
    const reads =
      this.reads === 0
        ? []
        : [
            `left out above: ${this.reads === 1 ? "1 warning" : `${this.reads} warnings`} that getSecretV2 is deprecated; Pulumi has nothing else yet (docs/decisions/0072-reads-by-getsecretv2.md)\n`,
          ];
    return [...reads, ...[...this.plugins].map(([name, file]) => `from PATH: ${name}, ${file}\n`)];
  }
}
