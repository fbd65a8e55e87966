import { backends, type Backend } from "../settings/credentials";
import type { Settings } from "../settings/schema";

/** Where the Secret's files are in the collector's container. */
export const credentialsDirectory = "/etc/alloy-credentials";

/** How a backend is spoken to. */
export type AuthKind = "basic" | "bearer" | "mtls";

/** One credential as the collector sees it. */
export interface CredentialFile {
  kind: AuthKind;
  /** Key in the Kubernetes Secret. */
  secretKey: string;
  /** The file that this key becomes. */
  path: string;
  /** What the value must hold; all in one JSON object, but for a bearer token, which is the file. */
  fields: string[];
}

/** What each kind consists of, in the order in which it is written. Vault has the same keys. */
export const credentialFields: Record<AuthKind, string[]> = {
  basic: ["username", "password"],
  bearer: ["token"],
  mtls: ["cert", "key", "ca"],
};

/** The credentials that these settings use, by the backend they are for. */
export function credentialFiles(settings: Settings): { [B in Backend]?: CredentialFile } {
  const files: { [B in Backend]?: CredentialFile } = {};
  for (const backend of backends) {
    const kind = authKind(settings, backend);
    if (kind !== undefined) files[backend] = credentialFile(backend, kind, settings.credentials.keys[backend]);
  }
  return files;
}

/** How the settings speak to a backend; undefined where it is off, or open to everybody. */
function authKind({ credentials, logs, metrics }: Settings, backend: Backend): AuthKind | undefined {
  const isOn = { loki: logs.enabled, prometheus: metrics.enabled }[backend];
  const kind = credentials[backend];
  return credentials.mode === "none" || !isOn || kind === "none" ? undefined : kind;
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
