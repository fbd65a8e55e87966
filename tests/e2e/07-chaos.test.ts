import { runChaos } from "../../packages/sandbox/tests/chaos/chaos";

describe("npm start, killed at a random moment", () => {
  // Two rounds for every run; twenty are `npm run test:chaos`.
  it("starts the next time, and leaves nothing", async () => {
    const seed = Number(process.env["ALLOY_CHAOS_SEED"] ?? Date.now() % 1_000_000);
    await runChaos({ rounds: 2, seed, bases: ["fresh", "running"], log: (text) => console.error(text) });
  });
});
