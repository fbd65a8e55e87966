import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as vault from "@pulumi/vault";

import { Alloy } from "./components/alloy";
import { testLogin, type LoginTest } from "./vault/try-login";
import { UserError } from "./kit/user-error";
import type { Settings } from "./settings/schema";
import { loadSettings } from "./settings/stack-config";
import { stackFile as stackFileOf } from "./settings/parse-settings";
import { refuseTerraformDrift } from "./terraform/refuse-difference";

/** What the program does besides declaring resources; `render` and the tests have their own. */
export interface Outside {
  /** Tries the collectors' login to Vault, in credentials mode `vault`. */
  testLogin: LoginTest;
}

/**
 * The whole program: settings, explicit providers, the one component, outputs without a secret. The engine, `render`
 * and the tests call this same function.
 *
 * @throws pulumi.RunError with everything that is wrong in the stack's config, before any resource is declared
 */
export async function program(outside: Outside = { testLogin }): Promise<Record<string, unknown>> {
  const stackFile = stackFileOf(pulumi.getStack());
  const settings = await asRunError(loadSettings);
  await asRunError(() => refuseTerraformDrift(settings, pulumi.getStack(), process.cwd()));
  if (settings.logLevel === "debug")
    await pulumi.log.warn(
      `${stackFile}: alloy:logLevel is debug: for a while only, every line costs one of Alloy's own`,
    );

  const alloy = await asRunError(
    () => new Alloy("alloy", { settings, stackFile, ...outside }, { providers: createProviders(settings) }),
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
  if (settings.vault === undefined || !["secret", "vault"].includes(settings.credentials.mode)) return [cluster];

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

async function asRunError<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
