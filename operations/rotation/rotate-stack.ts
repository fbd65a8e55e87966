import { UserError } from "../../kit/user-error";
import { authKinds, type AuthKind } from "../../pipeline/credential-files";
import type { Backend } from "../../settings/credentials";
import type { Settings } from "../../settings/schema";
import { seedUser } from "../../vault/paths";
import { VaultStore, vaultToken } from "../../vault/store";
import type { StackContext } from "../stack-context";
import { rotationActions } from "./actions";
import { abandonRotation, rotateCredential, type Rotation } from "./rotate-credential";

/** What is rotated, and how. */
export interface RotateOptions {
  /** Only this backend's credential. */
  backend: string | undefined;
  /** How long to wait for the collectors. */
  timeoutMs: number;
  /** Take back a rotation that no collector has seen yet. */
  abort: boolean;
}

/**
 * Rotates the credentials of a stack, one after the other.
 *
 * @param done hears of each backend that is through
 * @throws UserError if there is none that is this program's to rotate, or a rotation could not go on
 */
export async function rotateStack(
  context: StackContext,
  { backend: wanted, timeoutMs, abort }: RotateOptions,
  done: (text: string) => void,
): Promise<void> {
  const { settings, env } = context;
  const { vault } = refuseOtherModes(context);
  const endpoint = {
    address: vault.address,
    namespace: vault.namespace,
    caFile: vault.caFile,
    token: vaultToken({ ...process.env, ...env }),
  };
  const store = new VaultStore(endpoint, vault.mount);
  for (const [backend, kind] of chosen(context, wanted)) {
    const say = (text: string): void => console.error(`${backend}: ${text}`);
    const rotation: Rotation = {
      kind,
      mount: vault.mount,
      path: `${vault.path}/${backend}`,
      user: seedUser(settings),
    };
    if (abort) {
      done(`${backend}: ${await abandonRotation(rotation, store)}`);
      continue;
    }
    await rotateCredential(rotation, rotationActions({ context, backend, kind, store, timeoutMs, say }));
    done(`${backend}: rotated`);
  }
}

function refuseOtherModes({ settings, file }: StackContext): { vault: NonNullable<Settings["vault"]> } {
  const { credentials, vault } = settings;
  if (vault === undefined || (credentials.mode !== "secret" && credentials.mode !== "vault"))
    throw UserError.of(
      file,
      "alloy:credentials.mode",
      `is ${credentials.mode}: the credential is not this program's to rotate`,
      credentials.mode === "existing"
        ? "rotate it where the Secret comes from: both the old and the new one have to be valid until every node has the new one"
        : "there is nothing to rotate",
    );
  const pinned = Object.entries(credentials.versions).find(([, version]) => version !== undefined);
  if (pinned !== undefined)
    throw UserError.of(
      file,
      `alloy:credentials.versions.${pinned[0]}`,
      "pins a version, so no collector would get a new one",
      "remove this setting first",
    );
  return { vault };
}

function chosen({ settings, file }: StackContext, wanted: string | undefined): [Backend, AuthKind][] {
  const all = Object.entries(authKinds(settings)) as [Backend, AuthKind][];
  const some = wanted === undefined ? all : all.filter(([backend]) => backend === wanted);
  if (some.length === 0)
    throw UserError.of(
      file,
      "alloy:credentials",
      `has no credential for ${wanted ?? "any backend"}`,
      `choose one of ${all.map(([backend]) => backend).join(", ")}`,
    );
  return some;
}
