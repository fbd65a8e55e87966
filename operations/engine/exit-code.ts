import type { EngineResult } from "./run";

/**
 * What a run of the engine means to whoever asked: 0 fine, 1 the answer is no, 2 nobody could find out. The engine's own
 * codes tell less: it ends with the same one for a policy that refuses and for a server that is away.
 */
export function exitCodeOfRun(command: "preview" | "up", { exitCode, output, plan }: EngineResult): 0 | 1 | 2 {
  if (exitCode === 0) return 0;
  // A policy has refused.
  if (plan.violations.some(({ level }) => level === "mandatory")) return 1;
  // What the program itself reports: see UserError.
  const said = [...plan.diagnostics.map(({ message }) => message), output].join("\n");
  if (/^.*\bproblems?; nobody could look\b/m.test(said)) return 2;
  if (/^.*\b\d+ problems?; /m.test(said)) return 1;
  // An update that failed is not deployed, whatever the reason; a preview that failed says nothing.
  return command === "up" ? 1 : 2;
}
