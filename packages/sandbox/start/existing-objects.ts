import { backends, type Backend } from "../../../settings/credentials";
import type { Settings } from "../../../settings/schema";
import { readText } from "../../../kit/files";
import { ApiError, KubeApi, type JsonObject } from "../servers/cluster/kube-api";
import { hasSecret, type Vault } from "../servers/vault";

/**
 * What is where the stack `local` would create it, and is not in its state: what `pulumi destroy` keeps, or what somebody
 * else made. The sandbox's copy of the stack's config then says that it is to be used as it is.
 */
export interface Retained {
  /** The namespace: `alloy:namespace.managed: false`. */
  namespace: boolean;
  /** The credentials in Vault: `alloy:credentials.seed: false`. */
  credentials: boolean;
}

/** The part of the engine's checkpoint that matters here. */
interface Checkpoint {
  checkpoint?: { latest?: { resources?: StateResource[] } | null };
}

interface StateResource {
  type: string;
  /** It was only read. */
  external?: boolean;
  inputs?: Record<string, unknown>;
}

/** The places that this looks at, and does not change. */
export interface Places {
  hasNamespace(name: string): Promise<boolean>;
  /** Undefined for one that is not started yet. */
  vault: Vault | undefined;
}

/**
 * Finds what is there already and not in the stack's state.
 *
 * @param checkpointFile the state as the file backend keeps it; it may be missing
 */
export async function findRetained(checkpointFile: string, settings: Settings, places: Places): Promise<Retained> {
  const { resources = [] } =
    (JSON.parse((await readText(checkpointFile)) ?? "{}") as Checkpoint).checkpoint?.latest ?? {};
  const owns = (type: string, holds: (inputs: Record<string, unknown>) => boolean = () => true): boolean =>
    resources.some((resource) => resource.type === type && resource.external !== true && holds(resource.inputs ?? {}));
  const { namespace, credentials, vault } = settings;
  const seeded = credentials.seed ? backends.filter((backend) => credentials[backend] === "basic") : [];
  const hasCredential = async (backend: Backend): Promise<boolean> => {
    const path = `${vault?.path ?? ""}/${backend}`;
    if (owns("vault:kv/secretV2:SecretV2", (inputs) => inputs["name"] === path)) return false;
    return places.vault !== undefined && hasSecret(places.vault, vault?.mount ?? "", path);
  };
  const namespaceOurs = !namespace.managed || owns("kubernetes:core/v1:Namespace");
  const [namespaceThere, secretsThere] = await Promise.all([
    namespaceOurs ? Promise.resolve(false) : places.hasNamespace(namespace.name),
    Promise.all(seeded.map(hasCredential)),
  ]);
  return {
    namespace: namespaceThere,
    // Where only one of two is there, neither setting of `seed` is right: the program says so.
    credentials: secretsThere.length > 0 && secretsThere.every((there) => there),
  };
}

/** Whether the sandbox's own cluster has a namespace; one that is going away is made anew. */
export async function hasNamespace(kubeconfig: string, name: string): Promise<boolean> {
  const api = KubeApi.fromFile(kubeconfig);
  try {
    const { metadata } = await api.request<JsonObject>("GET", `/api/v1/namespaces/${name}`);
    return metadata?.deletionTimestamp === undefined;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return false;
    throw error;
  } finally {
    api.close();
  }
}

/** It in words, for a person. */
export function describeRetained(retained: Retained, settings: Settings): string[] {
  const { namespace, vault } = settings;
  return [
    ...(retained.namespace ? [`namespace ${namespace.name} was there already and is used as it is`] : []),
    ...(retained.credentials ? [`the credential in Vault at ${vault?.path ?? ""} was there already and is used`] : []),
  ];
}
