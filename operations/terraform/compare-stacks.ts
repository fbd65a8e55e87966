import { stackFile } from "../../settings/parse-settings";
import { keyOf } from "../../settings/schema-problems";
import { readStackFile, stacksIn } from "../../settings/stack-file";
import { describeFindings, verdictOf, type Finding } from "../../terraform/compare";
import { compareStack, sourcesOf } from "../../terraform/parity";
import { Unevaluated } from "../../terraform/values";

/** What a comparison has found: for a person, for a script, and for the next step. */
export interface Comparison {
  /** See verdictOf. */
  exitCode: 0 | 1 | 2;
  text: string;
  json: unknown;
  findings: readonly Finding[];
}

const verdicts = ["same", "differs", "unknown"] as const;

/**
 * Compares one stack with Terraform's values.
 *
 * @param named what takes the place of the stack's own alloy:terraform
 */
export async function compareOneStack(
  { stack, folder }: { stack: string; folder: string },
  named: { from: readonly string[]; map?: string | undefined } = { from: [] },
): Promise<Comparison> {
  const sources = sourcesOf(stack, { from: named.from, ...(named.map !== undefined && { map: named.map }) }, folder);
  const findings = await compareStack(stack, sources, folder);
  const exitCode = verdictOf(findings);
  return {
    exitCode,
    findings,
    text: describeFindings(findings, stackFile(stack)),
    json: { stack, verdict: verdicts[exitCode], findings: findings.map(plainFinding) },
  };
}

/** Compares every stack of a folder that names files of Terraform. What is known to differ is not made unknown by the rest. */
export async function compareEveryStack(folder: string): Promise<Omit<Comparison, "findings">> {
  const compared: Comparison[] = [];
  const texts: string[] = [];
  for (const stack of stacksIn(folder)) {
    if (!("alloy:terraform" in readStackFile(stack, folder).config)) {
      texts.push(`${stackFile(stack)}: names no file of Terraform's (alloy:terraform), so nothing is compared`);
      continue;
    }
    const one = await compareOneStack({ stack, folder });
    compared.push(one);
    texts.push(one.text);
  }
  const codes = compared.map(({ exitCode }) => exitCode);
  return {
    exitCode: codes.includes(1) ? 1 : codes.includes(2) ? 2 : 0,
    text: texts.join("\n"),
    json: compared.map(({ json }) => json),
  };
}

/** A finding as JSON; a value that Terraform would have to evaluate is left out, and the reason says so. */
function plainFinding({ verdict, setting, terraform, ours, theirs, reason }: Finding): unknown {
  const plain = (value: unknown): unknown => (value instanceof Unevaluated ? undefined : value);
  return {
    verdict,
    setting: keyOf(setting),
    terraform,
    stack: { value: plain(ours.value), place: ours.place },
    wanted: { value: plain(theirs.wanted), place: theirs.place },
    ...(reason && { reason }),
  };
}
