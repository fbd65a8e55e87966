import * as path from "node:path";

import { authKinds, type AuthKind } from "../pipeline/credential-files";
import { sandboxPaths } from "../packages/sandbox/paths";
import type { Backend } from "../settings/credentials";
import { UserError } from "../kit/user-error";
import { stackFile } from "../settings/parse-settings";
import type { Settings } from "../settings/schema";
import { parseDuration } from "../kit/units";
import { seedUser } from "../vault/paths";
import { runCommand } from "./command";
import { checkStack, placeOf } from "../operations/engine/run";
import { abandonRotation, rotateCredential, type Rotation } from "../operations/rotation/rotate-credential";
import { VaultStore, vaultToken } from "../vault/store";
import { realWorld } from "../operations/rotation/environment";
import { engineFor } from "../operations/stack-context";

/**
 * `npm run rotate -- STACK [--backend loki|prometheus] [--timeout 5m] [--abort]`: a new credential, tried out first,
 * then given to the collectors, without a refused request and without a restart. Run again, it goes on where it was
 * interrupted; `--abort` takes back what no collector has seen.
 */
runCommand(
  "rotate",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const call = await engineFor(stack);
    const inSandbox = call.configFile !== undefined;
    const settings = checkStack(stack, inSandbox ? path.dirname(call.configFile ?? "") : undefined);
    const timeoutMs = readTimeout(values["timeout"]);
    const { vault } = refuseOtherModes(settings, stack);
    const endpoint = {
      address: vault.address,
      namespace: vault.namespace,
      caFile: vault.caFile,
      token: vaultToken({ ...process.env, ...call.env }),
    };
    const store = new VaultStore(endpoint, vault.mount);
    for (const [backend, kind] of chosen(settings, stack, values["backend"])) {
      const say = (text: string): void => console.error(`${backend}: ${text}`);
      const rotation: Rotation = {
        kind,
        mount: vault.mount,
        path: `${vault.path}/${backend}`,
        user: seedUser(settings),
      };
      if (values["abort"] === true) {
        console.log(`${backend}: ${await abandonRotation(rotation, store)}`);
        continue;
      }
      const sandbox = inSandbox ? sandboxPaths() : undefined;
      const errors = placeOf(stack, settings);
      await rotateCredential(
        rotation,
        realWorld({ settings, backend, kind, store, call, errors, sandbox, timeoutMs, say }),
      );
      console.log(`${backend}: rotated`);
    }
  },
  { backend: { type: "string" }, timeout: { type: "string" }, abort: { type: "boolean" } },
);

function refuseOtherModes(settings: Settings, stack: string): { vault: NonNullable<Settings["vault"]> } {
  const { credentials, vault } = settings;
  const file = stackFile(stack);
  if (vault === undefined || (credentials.mode !== "secret" && credentials.mode !== "vault"))
    throw UserError.of(
      file,
      "alloy:credentials.mode",
      `is ${credentials.mode}: the credential is not this program's to rotate`,
      credentials.mode === "existing"
        ? "rotate it where the Secret comes from: both old and new have to be valid until every node has the new one"
        : "there is nothing to rotate",
    );
  const pinned = Object.entries(credentials.versions).find(([, version]) => version !== undefined);
  if (pinned !== undefined)
    throw UserError.of(
      file,
      `alloy:credentials.versions.${pinned[0]}`,
      "pins a version, so that a new one would reach nobody",
      "take it away first",
    );
  return { vault };
}

function chosen(settings: Settings, stack: string, wanted: unknown): [Backend, AuthKind][] {
  const all = Object.entries(authKinds(settings)) as [Backend, AuthKind][];
  const some = wanted === undefined ? all : all.filter(([backend]) => backend === wanted);
  if (some.length === 0)
    throw UserError.of(
      stackFile(stack),
      "alloy:credentials",
      `has no credential for ${String(wanted)}`,
      `choose one of ${all.map(([backend]) => backend).join(", ")}`,
    );
  return some;
}

function readTimeout(value: unknown): number {
  const milliseconds = parseDuration(String(value ?? "5m"));
  if (milliseconds !== undefined) return milliseconds;
  throw UserError.of("npm run rotate", "--timeout", `${String(value)} is no duration`, "write 30s, 5m or 1h");
}
