import { parseArgs } from "node:util";

import { sandboxPaths } from "../paths";
import { UserError } from "../../../kit/user-error";
import { NodeAgent } from "./agent";

/** The agent's process: `main.ts --root DIR --kubeconfig FILE --bwrap FILE --alloy FILE`; SIGTERM ends it. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      root: { type: "string" },
      kubeconfig: { type: "string" },
      bwrap: { type: "string" },
      alloy: { type: "string" },
    },
  });
  const { root, kubeconfig, bwrap, alloy } = values;
  if (root === undefined || kubeconfig === undefined || bwrap === undefined || alloy === undefined) {
    throw new Error("--root, --kubeconfig, --bwrap and --alloy are needed");
  }
  const log = (text: string): void => console.log(`${new Date().toISOString()} ${text}`);
  const agent = await NodeAgent.create({ paths: sandboxPaths(root), kubeconfig, bwrap, alloy, log });
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      log(`${name}: ending all containers`);
      void agent.stop().then(() => process.exit(0));
    });
  }
  await agent.run();
}

main().catch((error: unknown) => {
  console.error(error instanceof UserError ? error.message : error);
  process.exit(1);
});
