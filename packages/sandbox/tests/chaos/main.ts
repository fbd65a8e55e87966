import { runCommand, type CommandCall } from "../../../../commands/command";
import { UserError } from "../../../../kit/user-error";
import { describeKills, describeRound, runChaos } from "./chaos";

/**
 * `npm run test:chaos [-- --rounds N] [-- --seed S]`: kills a start at a random moment, N times (20 by default), and
 * expects each next start to work. Every phase of a start has its turn. A round takes one to two minutes; the seed of a
 * run is printed.
 */
runCommand(
  "test:chaos",
  [],
  async ({ values }) => {
    const rounds = wholeNumber(values, "rounds", 20);
    const seed = wholeNumber(values, "seed", Date.now() % 1_000_000);
    const done = await runChaos({ rounds, seed, log: (text) => console.error(text) });
    console.log(done.map((round, index) => `${index + 1}. ${describeRound(round)}`).join("\n"));
    const killed = done.filter((round) => round.killed !== undefined).length;
    console.log(
      `${killed} of ${done.length} starts were killed (${describeKills(done)}; seed ${seed}), the others were done before their moment; each next start worked, and nothing was left.`,
    );
  },
  { rounds: { type: "string", value: "N" }, seed: { type: "string", value: "S" } },
);

function wholeNumber(values: CommandCall["values"], flag: string, otherwise: number): number {
  const text = values[flag];
  if (text === undefined) return otherwise;
  if (typeof text === "string" && /^\d+$/.test(text)) return Number(text);
  throw UserError.of("npm run test:chaos", `--${flag}`, `${String(text)} is no whole number`, `write --${flag} 20`);
}
