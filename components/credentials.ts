import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import { credentialFiles, type CredentialFile } from "../pipeline/credential-files";
import type { Backend } from "../settings/credentials";
import { annotated, commonLabels } from "../settings/names";
import type { Settings } from "../settings/schema";
import { readCredential, type CredentialSource } from "../vault/read";
import { seedUser } from "../vault/paths";
import { seedCredential, seedGateway } from "./vault-seed";

/**
 * Vault KV v2 to the Kubernetes Secret that the collectors mount: one key a backend. With `seed`, a random password is
 * written first where Vault has none yet (docs/decisions/0015-seed.md).
 */
export class VaultCredentials extends pulumi.ComponentResource {
  public readonly secret: k8s.core.v1.Secret;

  constructor(name: string, args: VaultCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:VaultCredentials", name, {}, opts);
    const { settings, stackFile } = args;
    const data: Record<string, pulumi.Output<string>> = {};

    const files = Object.entries(credentialFiles(settings)) as [Backend, CredentialFile][];
    for (const [backend, file] of files) {
      const source = credentialSource(settings, stackFile, backend, file);
      const seed = { source, user: seedUser(settings) };
      const child = { parent: this, dependsOn: args.dependsOn };
      const seeded = settings.credentials.seed ? seedCredential(`${name}-${backend}`, seed, child) : undefined;
      const text = readCredential(source, { parent: this }, seeded);
      if (seeded !== undefined) seedGateway(`${name}-${backend}`, seed, text, child);
      data[file.secretKey] = text.apply(base64);
    }

    this.secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: {
          name: settings.credentials.secretName,
          namespace: settings.namespace.name,
          labels: commonLabels(settings),
          ...annotated(settings),
        },
        type: "Opaque",
        data,
      },
      { parent: this, dependsOn: args.dependsOn, additionalSecretOutputs: ["data"] },
    );
    this.registerOutputs({});
  }
}

export interface VaultCredentialsArgs {
  /** The stack's settings, mode `secret`; `vault` says where, `credentials` what is read. */
  settings: Settings;
  /** The stack's file, named in messages. */
  stackFile: string;
  /** The namespace. */
  dependsOn: pulumi.Resource[];
}

/** Where one backend's credential lies: `alloy:vault.path`, then the backend's name. */
export function credentialSource(
  settings: Settings,
  stackFile: string,
  backend: Backend,
  file: CredentialFile,
): CredentialSource {
  if (settings.vault === undefined) throw new Error("credentials in mode secret without alloy:vault");
  const { address, mount, path } = settings.vault;
  return {
    credential: file,
    place: { stackFile, vault: { address, mount, path: `${path}/${backend}` } },
    version: settings.credentials.versions[backend],
    readAt: settings.credentials.readAt,
  };
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
