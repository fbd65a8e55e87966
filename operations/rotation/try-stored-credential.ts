import { errorText } from "../../kit/error-text";
import { gatewayPath } from "../../vault/paths";
import { authKinds, type AuthKind } from "../../pipeline/credential-files";
import type { Backend } from "../../settings/credentials";
import { UserError, type Problem } from "../../kit/user-error";
import type { Settings } from "../../settings/schema";
import type { StackContext } from "../stack-context";
import { targetOf } from "./target";
import { tryCredential } from "./try-credential";
import { routeTo } from "./route-to-backend";
import { VaultStore, vaultToken } from "../../vault/store";

/**
 * Tries out what Vault holds before an update hands it to the collectors: Alloy drops a batch at the first 401. Only a
 * server that refuses it stops the update; where nobody can ask, `tell` says so.
 *
 * @throws UserError where Loki or Prometheus refuses the credential
 */
export async function tryStoredCredentials(
  { settings, env, home }: Pick<StackContext, "settings" | "env" | "home">,
  tell: (text: string) => void,
): Promise<void> {
  // In mode vault the program's own token reads no credential.
  if (settings.credentials.mode !== "secret" || settings.vault === undefined) return;
  const problems: Problem[] = [];
  for (const [backend, kind] of Object.entries(authKinds(settings)) as [Backend, AuthKind][]) {
    const url = backend === "loki" ? settings.lokiUrl : settings.prometheusUrl;
    try {
      const problem = await tryStored({ settings, env, home }, settings.vault, backend, kind, url);
      if (problem !== undefined) problems.push(problem);
    } catch (error) {
      tell(`warning: could not try out ${backend}'s credential at ${url} (${firstLine(error)})`);
    }
  }
  if (problems.length > 0) throw new UserError(problems);
}

async function tryStored(
  { settings, env, home }: Pick<StackContext, "settings" | "env" | "home">,
  vault: NonNullable<Settings["vault"]>,
  backend: Backend,
  kind: AuthKind,
  url: string,
): Promise<Problem | undefined> {
  const { address, namespace, caFile, mount, path } = vault;
  const token = vaultToken({ ...process.env, ...env });
  const version = settings.credentials.versions[backend];
  const store = new VaultStore({ address, namespace, caFile, token }, mount);
  const { data } = await store.read(`${path}/${backend}${version === undefined ? "" : `?version=${version}`}`);
  // A first one that the update writes; what lacks a key the program refuses itself.
  if (data === undefined) return undefined;
  // The gateway cannot know a user whose line this update is about to write.
  if (settings.credentials.seed && (await store.read(gatewayPath(`${path}/${backend}`))).data === undefined)
    return undefined;
  const { context } = settings.kubernetes ?? {};
  const route = await routeTo(url, { context, namespace: settings.namespace.name, env });
  try {
    const verdict = await tryCredential(targetOf(settings, backend, route.url, home), kind, data);
    if (verdict.outcome === "accepted") return undefined;
    if (verdict.outcome === "unreachable") throw new Error(verdict.said);
    return {
      file: url,
      key: "",
      problem: `refuses the credential at ${mount}/${path}/${backend} in Vault (${verdict.said}, tried ${route.how}): each batch of lines would be lost`,
      remedy: "let this user in there, or write the right credential; --force deploys it all the same",
    };
  } finally {
    route.close();
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof UserError ? (error.problems[0]?.problem ?? "") : errorText(error);
  return text.split("\n")[0] ?? "";
}
