import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import { parseImage } from "../../kit/units";
import { UserError, type Problem } from "../../kit/user-error";
import { composePipeline, type Pipeline } from "../../pipeline/compose";
import type { Settings } from "../../settings/schema";
import { findAlloy, type LocalAlloy } from "./find-alloy";

/** What an Alloy says of a text. */
export type Verdict = { said: "yes" } | { said: "no"; output: string } | { said: "nothing"; why: string };

/**
 * Lets an Alloy of this machine judge the pipeline that the settings make, before a collector does: unknown attributes,
 * missing arguments and wrong types show in the pod otherwise, node after node.
 *
 * @returns one line for whoever reads a preview: who has judged it, or that nobody has
 * @throws UserError with what the Alloy refuses, if its version is the image's
 */
export async function validatePipeline(settings: Settings, env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const image = imageVersion(settings.image);
  const alloy = await findAlloy(image, env);
  if (alloy === undefined)
    return [
      "the pipeline was not read by an Alloy: there is none on PATH (alloy validate finds more than this preview)",
    ];
  const pipeline = composePipeline(settings);
  return report(await judge(alloy, pipeline), alloy, image, pipeline);
}

/** `1.18.1` of an image whose tag begins with a version. */
export function imageVersion(image: string): string | undefined {
  return /^v?(\d+\.\d+\.\d+)/.exec(parseImage(image)?.tag ?? "")?.[1];
}

/** Asks it; an answer that does not come within 20 seconds is none. */
async function judge({ file }: LocalAlloy, { text, needs }: Pipeline): Promise<Verdict> {
  const { execa } = await import("execa"); // a static import of it fails under tsx
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "alloy-validate-"));
  try {
    const config = path.join(folder, "config.alloy");
    await fs.writeFile(config, text);
    const { exitCode, all, timedOut, shortMessage } = await execa(
      file,
      ["validate", `--stability.level=${needs.stability}`, config],
      // It reads no variable while it validates; a credential of ours is none of its business.
      {
        env: { PATH: process.env["PATH"] ?? "" },
        extendEnv: false,
        all: true,
        reject: false,
        stdin: "ignore",
        timeout: 20_000,
      },
    );
    if (exitCode === 0) return { said: "yes" };
    if (timedOut) return { said: "nothing", why: "it did not answer within 20s" };
    return /validation failed/.test(all ?? "")
      ? { said: "no", output: all ?? "" }
      : { said: "nothing", why: (all || shortMessage || "").split("\n")[0] ?? "" };
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

/** A verdict in words. Pure. */
export function report(
  verdict: Verdict,
  { file, version, partial }: LocalAlloy,
  image: string | undefined,
  { text }: Pick<Pipeline, "text">,
): string[] {
  const who = `alloy ${version}`;
  if (verdict.said === "nothing") return [`the pipeline was not read by an Alloy: ${file}: ${verdict.why}`];
  const other = image === version ? "" : ` (the image is ${image ?? "of an unknown version"})`;
  if (verdict.said === "yes") return [`${who} has read the pipeline and accepts it${other}`];
  const problems = problemsIn(verdict.output, text, who);
  if (partial && problems.every(({ problem }) => /cannot find the definition of component name/.test(problem)))
    return [
      `the pipeline was not read by a whole Alloy: the sandbox's lacks ${problems.map(({ problem }) => /"[^"]*"/.exec(problem)?.[0] ?? "a component").join(", ")}`,
    ];
  if (image === version) throw new UserError(problems);
  return problems.map(({ key, problem }) => `warning: config.alloy: ${key}: ${problem}${other}`);
}

const remedy = "mend the section; `npx alloyctl render STACK` shows the text with these lines";

/** Each complaint with its line in the composed text, and the section that the line is in. */
function problemsIn(output: string, text: string, who: string): Problem[] {
  const lines = text.split("\n");
  const found = [...output.matchAll(/config\.alloy:(\d+):\d+: (.+)/g)].map(([, number = "", said = ""]): Problem => {
    const before = lines.slice(0, Number(number)).reverse();
    const section = before.map((line) => /^\/\/ ==== (.+) ====$/.exec(line)?.[1]).find((name) => name !== undefined);
    const place = `line ${number}${section === undefined ? "" : ` (${section})`}`;
    return { file: "config.alloy", key: place, problem: `${who} refuses it: ${said}`, remedy };
  });
  if (found.length > 0) return found;
  return [
    { file: "config.alloy", key: "", problem: `${who} refuses it: ${output.trim().split("\n")[0] ?? ""}`, remedy },
  ];
}
