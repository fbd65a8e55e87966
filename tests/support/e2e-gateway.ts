import * as fs from "node:fs/promises";

import { followUsers, startGateway, type Gateway } from "../../sandbox/gateway";
import { ensureTools } from "../../sandbox/toolchain/ensure";
import { waitUntil } from "../../sandbox/waiting";
import { sandbox } from "./e2e-sandbox";

const users = "secret/data/detectviz/local/alloy/loki-gateway";

/** nginx in front of the sandbox's Loki; runs on when a test is done, until the sandbox is stopped. */
export async function gatewayOfSandbox(): Promise<Gateway> {
  const { nginx } = await ensureTools(["nginx"], () => undefined);
  const { loki } = await sandbox().servers();
  return startGateway({ paths: sandbox().paths, tools: { nginx }, upstream: loki.url });
}

/** Hands the users in Vault on to the gateway while `work` runs, from the moment on when it knows those of now. */
export async function whileFollowed(gateway: Gateway, work: () => Promise<void>): Promise<void> {
  const { vault } = await sandbox().servers();
  const stop = followUsers(gateway, vault, users);
  try {
    const known = async (): Promise<boolean> => (await fs.readFile(gateway.usersFile, "utf8")) !== "";
    await waitUntil("the gateway knows its users", known, { timeoutMs: 15_000 });
    await work();
  } finally {
    await stop();
  }
}
