import type { Settings } from "../settings/schema";

/** Where the Secret's files are in the collector's container. */
export const credentialsDirectory = "/etc/alloy-credentials";

/** One credential as the collector sees it. */
export interface CredentialFile {
  kind: "basic" | "bearer";
  /** Key in the Kubernetes Secret. */
  secretKey: string;
  /** The file that this key becomes. */
  path: string;
  /** What the value must hold; with basic, both in one JSON object. */
  fields: string[];
}

/** The credentials that these settings use, by the backend they are for. */
export function credentialFiles(settings: Settings): { loki?: CredentialFile; prometheus?: CredentialFile } {
  const { mode, loki, prometheus } = settings.credentials;
  if (mode === "none") return {};
  const files: { loki?: CredentialFile; prometheus?: CredentialFile } = {};
  if (settings.logs.enabled && loki !== "none") files.loki = credentialFile("loki", loki);
  if (settings.metrics.enabled && prometheus !== "none") files.prometheus = credentialFile("prometheus", prometheus);
  return files;
}

function credentialFile(backend: string, kind: "basic" | "bearer"): CredentialFile {
  const secretKey = kind === "basic" ? `${backend}.json` : `${backend}-token`;
  const fields = kind === "basic" ? ["username", "password"] : ["token"];
  return { kind, secretKey, path: `${credentialsDirectory}/${secretKey}`, fields };
}
