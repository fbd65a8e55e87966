import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as vault from "@pulumi/vault";

import { NodeCollectors } from "./components/node-collectors";
import { prepare, type Prepared } from "./components/prepare";
import { testLogin, type LoginTest } from "./vault/try-login";
import { runError } from "./errors/run-error";
import { repoRoot } from "./kit/repo-root";
import type { PluginName } from "./plugins/plugin-versions";
import { refusePluginsOnPath } from "./plugins/plugins-on-path";
import type { Settings } from "./settings/schema";
import { loadSettings } from "./settings/stack-config";
import { stackFile as stackFileOf } from "./settings/parse-settings";
import { refuseTerraformDrift } from "./terraform/refuse-difference";

/** What the program does besides declaring resources; `render` and the tests have their own. */
export interface Outside {
  /** Tries the collectors' login to Vault, in credentials mode `vault`. */
  testLogin: LoginTest;
  /** Refuses plugins on PATH that this program cannot live with; throws a UserError. */
  checkPlugins: (names: readonly PluginName[]) => Promise<void>;
}

/**
 * The whole program: settings, explicit providers, the one component, outputs without a secret. The engine, `render`
 * and the tests call this same function.
 *
 * @throws pulumi.RunError with everything that is wrong in the stack's config, before any resource is declared
 */
export async function program(
  outside: Outside = { testLogin, checkPlugins: refusePluginsOnPath },
): Promise<Record<string, unknown>> {
  const stackFile = stackFileOf(pulumi.getStack());
  const prepared = await checked(stackFile, outside);
  const { settings } = prepared;
  const alloy = new NodeCollectors(
    "alloy",
    { ...prepared, stackFile, ...outside },
    { providers: createProviders(settings) },
  );
  return {
    clusterName: settings.clusterName,
    lokiTenant: settings.lokiTenant,
    image: settings.image,
    namespace: alloy.namespace,
    daemonSet: alloy.daemonSet,
    configChecksum: alloy.configChecksum,
  };
}

/** The plugins that the engine starts for a stack. */
function pluginsOf(settings: Settings): PluginName[] {
  if (!usesVault(settings)) return ["kubernetes"];
  return settings.credentials.seed ? ["kubernetes", "vault", "random"] : ["kubernetes", "vault"];
}

function usesVault(settings: Settings): boolean {
  return settings.vault !== undefined && ["secret", "vault"].includes(settings.credentials.mode);
}

/** Default providers are off (Pulumi.yaml): each of these says itself which cluster and which Vault it means. */
function createProviders(settings: Settings): pulumi.ProviderResource[] {
  const cluster = new kubernetes.Provider("kubernetes", {
    // Empty, so that the kubeconfig's path, which differs from person to person, does not enter the state; the
    // provider then reads KUBECONFIG or the default file itself.
    kubeconfig: "",
    context: settings.kubernetes?.context,
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
  if (settings.vault === undefined || !usesVault(settings)) return [cluster];

  const { address, namespace, caFile } = settings.vault;
  const secrets = new vault.Provider("vault", {
    address,
    namespace,
    caCertFile: caFile,
    // A child token needs a permission that nothing else here needs. VAULT_TOKEN is taken from the environment by the
    // provider itself: as an argument it would be in the state.
    skipChildToken: true,
  });
  return settings.credentials.seed ? [cluster, secrets, new random.Provider("random", {})] : [cluster, secrets];
}

async function checked(stackFile: string, { checkPlugins }: Outside): Promise<Prepared> {
  try {
    const settings = loadSettings();
    await refuseTerraformDrift(settings, stackFile, pulumi.getStack(), process.cwd());
    await checkPlugins(pluginsOf(settings));
    return prepare(settings, stackFile, repoRoot);
  } catch (error) {
    throw runError(error, stackFile);
  }
}
