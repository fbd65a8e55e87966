import { backends, type Backend } from "../settings/credentials";
import type { Settings } from "../settings/schema";

/** Where the Secret's files are in the collector's container. */
export const credentialsDirectory = "/etc/alloy-credentials";

/** How a backend is spoken to. */
export type AuthKind = "basic" | "bearer" | "mtls";

/** What a backend asks for. */
export interface Credential {
  kind: AuthKind;
  /** The keys that it consists of, in Vault and in a file; a bearer token is a file of its own. */
  fields: string[];
}

/** One credential as a file in the collector's container. */
export interface CredentialFile extends Credential {
  /** Key in the Kubernetes Secret. */
  secretKey: string;
  /** The file that this key becomes. */
  path: string;
}

/** What each kind consists of, in the order in which it is written. Vault has the same keys. */
export const credentialFields: Record<AuthKind, string[]> = {
  basic: ["username", "password"],
  bearer: ["token"],
  mtls: ["cert", "key", "ca"],
};

/** How these settings speak to each backend that asks for a credential. */
export function authKinds({ credentials, logs, metrics }: Settings): { [B in Backend]?: AuthKind } {
  const isOn = { loki: logs.enabled, prometheus: metrics.enabled };
  const kinds: { [B in Backend]?: AuthKind } = {};
  for (const backend of backends) {
    const kind = credentials[backend];
    if (credentials.mode !== "none" && isOn[backend] && kind !== "none") kinds[backend] = kind;
  }
  return kinds;
}

/** The credentials that the pods get as files, by the backend they are for: none where collectors read Vault. */
export function credentialFiles(settings: Settings): { [B in Backend]?: CredentialFile } {
  if (settings.credentials.mode === "vault") return {};
  const kinds = authKinds(settings);
  const files: { [B in Backend]?: CredentialFile } = {};
  for (const backend of backends) {
    const kind = kinds[backend];
    if (kind !== undefined) files[backend] = credentialFile(backend, kind, settings.credentials.keys[backend]);
  }
  return files;
}

function credentialFile(backend: Backend, kind: AuthKind, key: string | undefined): CredentialFile {
  const name = kind === "bearer" ? `${backend}-token` : `${backend}.json`;
  return {
    kind,
    secretKey: key ?? name,
    path: `${credentialsDirectory}/${name}`,
    fields: [...credentialFields[kind]],
  };
}
