import assert from "node:assert/strict";

import { ours } from "./gateway";
import { assertStopped, type ToldProblem } from "./problem";
import { sandbox } from "./sandbox";

/** A command that must be refused, with the stack and the collectors as they were. */
export async function refusal(script: "preview" | "up" | "rotate", args: string[] = []): Promise<ToldProblem> {
  const state = async (): Promise<unknown[]> => [
    await sandbox().deployed(),
    (await sandbox().agent()).pods.map(({ uid }) => uid),
  ];
  const before = await state();
  const told = assertStopped(await ours(script, ["local", ...args]));
  assert.deepEqual(await state(), before);
  return told;
}
