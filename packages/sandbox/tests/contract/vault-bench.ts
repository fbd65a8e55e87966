import assert from "node:assert/strict";
import type { PropertyMap } from "../../stand-ins/values";
import { Plugin, urn } from "./plugin-client";
import type { Servers, Subject } from "./support";
import { pluginEnv, servers, temporaryFolder, uniqueName, VaultApi } from "./support";

export const SECRET = urn("vault:kv/secretV2:SecretV2");
export const POLICY = urn("vault:index/policy:Policy");
export const ROLE = urn("vault:kubernetes/authBackendRole:AuthBackendRole");
export const GET = "vault:kv/getSecretV2:getSecretV2";
export const SUBKEYS = "vault:kv/getSecretSubkeysV2:getSecretSubkeysV2";

/** A plugin under test and the Vault it works on. */
export class VaultBench {
  readonly prefix = uniqueName();
  private readonly home = temporaryFolder();
  servers!: Servers;
  /** Somebody else at the same Vault. */
  vault!: VaultApi;
  plugin!: Plugin;

  constructor(private readonly subject: () => Subject | undefined) {}

  /** False where this machine has no such plugin: then there is nothing to test. */
  get exists(): boolean {
    return this.subject() !== undefined;
  }

  async open(): Promise<void> {
    this.servers = servers();
    this.vault = new VaultApi(this.servers.vaultAddress, this.servers.vaultToken);
    this.plugin = await this.start({ address: this.servers.vaultAddress }, this.servers.vaultToken);
  }

  close(): void {
    this.plugin?.stop();
  }

  /** Starts one more plugin, with another address or token. */
  async start(args: Record<string, string>, token: string | undefined): Promise<Plugin> {
    const env = pluginEnv(this.home, token === undefined ? {} : { VAULT_TOKEN: token });
    const started = await Plugin.start(this.subject()?.executable ?? "", env);
    await started.configure("vault", { skipChildToken: "true", ...args });
    return started;
  }

  /** The inputs as Check hands them on. */
  async checked(type: string, news: PropertyMap): Promise<PropertyMap> {
    const { inputs, failures } = await this.plugin.check(type, news);
    assert.deepEqual(failures, []);
    return inputs;
  }
}
