import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

import { vaultGrantId, vaultRole } from "../pipeline/vault";
import { runError } from "../errors/run-error";
import type { Settings } from "../settings/schema";
import type { LoginTest } from "../vault/try-login";
import { collectorGrants, collectorRole, policyText } from "../vault/policy";

/**
 * Mode `vault`: what the collectors need in Vault to read their credentials themselves. A policy with exactly the paths
 * that the pipeline reads, and a role that lets the one ServiceAccount in. The auth method itself belongs to whoever
 * runs Vault.
 */
export class VaultAccess extends pulumi.ComponentResource {
  /** Wait for these before a collector starts: at `up` they include a login that was tried and worked. */
  public readonly ready: pulumi.Input<pulumi.Resource>[];

  constructor(name: string, args: VaultAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:VaultAccess", name, {}, opts);
    const { settings, stackFile, serviceAccount, testLogin } = args;
    // In the names of the resources too: what is no longer declared is deleted at the end of an `up` that succeeds. A
    // replacement of one resource would be deleted then as well, by a name that may be in use again.
    const grant = vaultGrantId(settings);
    const child = { parent: this, dependsOn: args.dependsOn };

    const policy = new vault.Policy(
      `${name}-policy-${grant}`,
      { name: vaultRole(settings), policy: policyText(collectorGrants(settings)) },
      child,
    );
    const role = new vault.kubernetes.AuthBackendRole(
      `${name}-role-${grant}`,
      { backend: settings.vault?.login.mount, roleName: vaultRole(settings), ...collectorRole(settings) },
      { ...child, dependsOn: [...args.dependsOn, policy] },
    );
    const refused = (error: unknown): never => {
      throw runError(error, stackFile);
    };
    // A preview has no role yet to log in with.
    this.ready = pulumi.runtime.isDryRun()
      ? [role]
      : [
          role,
          pulumi
            .all([role.id, policy.id, serviceAccount.id])
            .apply(() => testLogin(settings, stackFile).then(() => role, refused)),
        ];
    this.registerOutputs({});
  }
}

export interface VaultAccessArgs {
  /** The stack's settings, mode `vault`. */
  settings: Settings;
  /** The stack's file, named in messages. */
  stackFile: string;
  /** The collectors' ServiceAccount: it is there when the login is tested. */
  serviceAccount: pulumi.CustomResource;
  testLogin: LoginTest;
  /** The namespace. */
  dependsOn: pulumi.Resource[];
}
