import { wholeNumber } from "../../commands/command-line/parse";
import { runVerb } from "../../commands/command-line/run";
import { defineVerb } from "../../commands/command-line/verb";
import { describeKills, describeRound, runChaos } from "./chaos";

const typed = "npm run test:chaos";

const verb = defineVerb({
  name: "chaos",
  typed,
  summary: "Kill starts of the sandbox at random moments, and expect each next start to work",
  description: [
    "Kills npm start at a random moment, again and again, and expects each next start to work and to leave nothing " +
      "behind. Every phase of a start has its turn. A round takes one to two minutes; the seed is printed.",
  ],
  arguments: {},
  flags: {
    rounds: { meaning: "How often", value: "N", default: "20" },
    seed: { meaning: "Choose the same moments as an earlier run", value: "S", default: "one from the clock" },
  },
  examples: [],
  exitCodes: { 0: "each next start worked, and nothing was left", 1: "the sandbox could not be looked at" },
  run: async ({ flags }) => {
    const rounds = wholeNumber(typed, "rounds", flags.rounds ?? "20");
    const seed = flags.seed === undefined ? (Date.now() % 1_000_000) + 1 : wholeNumber(typed, "seed", flags.seed);
    const done = await runChaos({ rounds, seed, log: (text) => console.error(text) });
    const killed = done.filter((round) => round.killed !== undefined).length;
    const lines = [
      ...done.map((round, index) => `${index + 1}. ${describeRound(round)}`),
      `${killed} of ${done.length} starts were killed (${describeKills(done)}; seed ${seed}), the others were done before their moment; each next start worked, and nothing was left.`,
    ];
    return { text: lines.join("\n") };
  },
});

void runVerb(verb, process.argv.slice(2));
