import { runChaos } from "../chaos/chaos";

describe("npm start, killed at a random moment", () => {
  it("starts the next time and leaves nothing, twenty times", async () => {
    const seed = Number(process.env["ALLOY_CHAOS_SEED"] ?? Date.now() % 1_000_000);
    const rounds = Number(process.env["ALLOY_CHAOS_ROUNDS"] ?? 20);
    await runChaos({ rounds, seed, bases: ["fresh", "running"], log: (text) => console.error(text) });
  });
});
