import type { Settings } from "../settings/schema";

// Without the Pulumi SDK: commands that start no program read this, and loading the SDK takes over a second.

/** Beside the credential: what the gateway in front of the backend needs, and no password. */
export const gatewayPath = (credentialPath: string): string => `${credentialPath}-gateway`;

/** The key there, of the gateway: lines for `auth_basic_user_file`, one a user that is let in. */
export const gatewayKey = "htpasswd";

/** Where a rotation keeps the next credential until the collectors have it: theirs alone, too. */
export const nextPath = (credentialPath: string): string => `${credentialPath}-next`;

/** Length of a password that is made up: letters and digits, 238 bits. */
export const passwordLength = 40;

/** The user name of a seeded credential: the tenant, which is what a Loki gateway usually maps users to. */
export function seedUser(settings: Pick<Settings, "lokiTenant">): string {
  return settings.lokiTenant;
}
