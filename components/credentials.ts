import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as vault from "@pulumi/vault";

import { credentialFiles, type CredentialFile } from "../pipeline/credential-files";
import { commonLabels } from "../settings/names";
import type { Settings } from "../settings/schema";
import { readCredential, type CredentialSource } from "./vault-read";

/**
 * Vault KV v2 to the Kubernetes Secret that the collectors mount: one key a backend. With `seed`, a new stack writes a
 * random password as the path's newest version, over whatever is there (docs/decisions/0015-seed.md); it is never
 * written again, so a rotated one stays.
 */
export class VaultCredentials extends pulumi.ComponentResource {
  public readonly secret: k8s.core.v1.Secret;

  constructor(name: string, args: VaultCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("detectviz:alloy:VaultCredentials", name, {}, opts);
    const { settings, stackFile } = args;
    const data: Record<string, pulumi.Output<string>> = {};

    for (const [backend, file] of Object.entries<CredentialFile>(credentialFiles(settings))) {
      const source = credentialSource(settings, stackFile, backend, file);
      const seeded = settings.credentials.seed ? this.seed(`${name}-${backend}`, args, source) : undefined;
      const text = readCredential(source, { parent: this }, seeded);
      data[file.secretKey] = text.apply(base64);
    }

    this.secret = new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: {
          name: settings.credentials.secretName,
          namespace: settings.namespace.name,
          labels: commonLabels(settings),
        },
        type: "Opaque",
        data,
      },
      { parent: this, dependsOn: args.dependsOn, additionalSecretOutputs: ["data"] },
    );
    this.registerOutputs({});
  }

  private seed(name: string, args: VaultCredentialsArgs, { place }: CredentialSource): vault.kv.SecretV2 {
    const password = new random.RandomPassword(
      `${name}-password`,
      { length: 40, special: false },
      { parent: this, dependsOn: args.dependsOn },
    );
    return new vault.kv.SecretV2(
      `${name}-seed`,
      {
        mount: place.vault.mount,
        name: place.vault.path,
        dataJson: pulumi.secret(pulumi.jsonStringify({ username: seedUser(args.settings), password: password.result })),
      },
      // Only ever the first value: what a rotation writes is not ours to put back, and a destroyed stack leaves the
      // password where the gateway still expects it.
      { parent: this, dependsOn: args.dependsOn, ignoreChanges: ["dataJson"], retainOnDelete: true },
    );
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
  backend: string,
  file: CredentialFile,
): CredentialSource {
  if (settings.vault === undefined) throw new Error("credentials in mode secret without alloy:vault");
  const { address, mount, path } = settings.vault;
  return { file, place: { stackFile, vault: { address, mount, path: `${path}/${backend}` } } };
}

/** The user name of a seeded credential: the tenant, which is what a Loki gateway usually maps users to. */
export function seedUser(settings: Pick<Settings, "lokiTenant">): string {
  return settings.lokiTenant;
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
