import type { Difference } from "./differences";
import type { Subject } from "./support";

/** What a run of the suite has looked at and what not, printed at its end. */
export class Report {
  private readonly subjects: Subject[] = [];
  private readonly missing: { what: string; reason: string }[] = [];
  private readonly different = new Map<string, { difference: Difference; count: number }>();

  /** The suite ran against this plugin. */
  ran(subject: Subject): void {
    this.subjects.push(subject);
  }

  /** Nothing of this was looked at. */
  leftOut(what: string, reason: string): void {
    this.missing.push({ what, reason });
  }

  /** One test was left out with an official plugin. */
  differs({ name, version }: Subject, difference: Difference): void {
    const key = `official ${name} ${version}: ${difference.reason}`;
    const seen = this.different.get(key) ?? { difference, count: 0 };
    this.different.set(key, { ...seen, count: seen.count + 1 });
  }

  text(): string {
    const ran = this.subjects.map(({ name, version, standIn, executable }) =>
      standIn ? `stand-in ${name}, which stands for ${version}` : `official ${name} ${version}, ${executable}`,
    );
    const leftOut = [
      ...this.missing.map(({ what, reason }) => `${what}: ${reason}`),
      ...[...this.different].map(([key, { count }]) => `${key} (${count} ${count === 1 ? "test" : "tests"})`),
    ];
    return [
      "  The suite ran against",
      ...(ran.length > 0 ? ran : ["no plugin at all"]).map((line) => `    ${line}`),
      "  and left out",
      ...(leftOut.length > 0 ? leftOut : ["nothing"]).map((line) => `    ${line}`),
    ].join("\n");
  }
}
