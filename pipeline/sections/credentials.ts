import type { Backend } from "../../settings/credentials";
import type { Settings } from "../../settings/schema";
import { credentialFiles, type CredentialFile } from "../credential-files";
import { noNeeds, type PipelineNeeds } from "../needs";
import { part, type Section } from "../section";
import { vaultAuth, vaultContent, vaultNeeds } from "../vault";

/** The section that reads one backend's credential from its file. */
const fromFile = (backend: Backend): Section => ({
  name: `credentials-${backend}`,
  isOn: (settings) => isJson(credentialFiles(settings)[backend]),
  content: (settings) => ({ values: { [`${backend}CredentialsFile`]: pathOf(credentialFiles(settings)[backend]) } }),
  needs: () => noNeeds,
});

/** The section that reads one backend's credential in Vault. */
const fromVault = (backend: Backend): Section => ({
  name: `vault-${backend}`,
  isOn: (settings) => vaultAuth(settings, backend) !== undefined,
  content: (settings) => vaultContent(settings, backend, part),
  needs: vaultNeeds,
});

/** Where the credentials of Loki and of Prometheus come from: a file of the pod, or Vault. */
export const credentials: readonly Section[] = [
  fromFile("loki"),
  fromFile("prometheus"),
  fromVault("loki"),
  fromVault("prometheus"),
];

/** How `loki.write` or `prometheus.remote_write` shows its credential; empty if it has none. */
export function authPart(target: Backend, settings: Settings): string {
  const kindInVault = vaultAuth(settings, target);
  if (kindInVault !== undefined)
    return part(`${{ basic: "basic-auth", bearer: "bearer", mtls: "mtls" }[kindInVault]}-vault-${target}`, {});
  const file = credentialFiles(settings)[target];
  if (file === undefined) return "";
  if (file.kind === "bearer") return part(`bearer-${target}`, { values: { [`${target}TokenFile`]: file.path } });
  return part(file.kind === "basic" ? `basic-auth-${target}` : `mtls-${target}`, {});
}

/** The file that a backend's credential is read from, as a need of the component that reads it. */
export function fileNeeds(file: CredentialFile | undefined, why: string): PipelineNeeds["files"] {
  return file === undefined ? [] : [{ secretKey: file.secretKey, path: file.path, why: `${why} (${file.kind})` }];
}

// A bearer token is a file of its own, which Alloy reads at each request; the others are taken apart by the pipeline.
function isJson(file: CredentialFile | undefined): boolean {
  return file !== undefined && file.kind !== "bearer";
}

function pathOf(file: CredentialFile | undefined): string {
  if (file === undefined) throw new Error("a credential section is on without its file");
  return file.path;
}
