import type { DiffResult, PropertyChange } from "./diff";
import { compare, withoutIgnored } from "./diff";
import { main } from "./framework";
import type { Host } from "./host";
import { activeCluster, KubernetesClient, loadKubeConfig } from "./kubernetes/client";
import { asError } from "./kubernetes/errors";
import type { Connection } from "./kubernetes/connection";
import { createObject } from "./kubernetes/create";
import { gvkOfType, isNamespaced, supportsType } from "./kubernetes/kinds";
import { assignName, isAutonamed } from "./kubernetes/naming";
import { normalize } from "./kubernetes/normalize";
import { markSecrets, parseState, prune } from "./kubernetes/objects";
import { deleteObject, readObject } from "./kubernetes/read-delete";
import type { Mutability } from "./kubernetes/replace";
import { replaceRule } from "./kubernetes/replace";
import { updateObject } from "./kubernetes/update";
import type { CheckFailure, CheckRequest, CheckResult, DiffRequest, Provider } from "./provider";
import type { PropertyMap, Value } from "./values";
import { equal, flagAt, isMap, revealMap, stringAt, Unknown } from "./values";

/** Stand-in for pulumi-resource-kubernetes 4.34.2. */
export function kubernetesProvider(host: Host): Provider {
  const abort = new AbortController();
  let connection: Connection = {
    client: undefined,
    problem: "the plugin was not configured",
    host,
    signal: abort.signal,
  };
  let mutable: Mutability = { configMap: false, secret: false };
  let skipUpdateUnreachable = false;
  let defaultNamespace = "";

  return {
    name: "kubernetes",
    version: "4.34.2",
    supports: supportsType,
    checkConfig,
    diffConfig,

    async configure(args) {
      const option = (name: string, variable: string): boolean =>
        flagAt(args, name) ?? process.env[variable] === "true";
      mutable = {
        configMap: option("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
        secret: option("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
      };
      skipUpdateUnreachable = option("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE");
      const shared = {
        host,
        signal: abort.signal,
        deleteUnreachable: option("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
        skipUpdateUnreachable,
        patchForce: option("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
      };
      const opened = await connect(args, abort.signal);
      defaultNamespace = stringAt(args, "namespace") || opened.namespace;
      connection = { ...shared, client: opened.client, problem: opened.problem };
    },

    async check(request) {
      if (connection.client === undefined && skipUpdateUnreachable) {
        host.log(
          "warning",
          request.urn,
          "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...",
        );
        return { inputs: request.olds, failures: [] };
      }
      return check(request, connection.client, defaultNamespace);
    },

    diff: (request) => diff(request, connection.client, mutable),
    create: (request) => createObject(connection, request),
    read: (request) => readObject(connection, request),
    update: (request) => updateObject(connection, request),
    delete: (request) => deleteObject(connection, request),
    invoke: (token) => Promise.reject(new Error(`unknown Invoke type ${JSON.stringify(token)}`)),
    cancel: () => abort.abort(),
  };
}

function checkConfig(news: PropertyMap): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const refuse = (property: string, what: string): void => {
    failures.push({ property, reason: `${what} is not supported by the stand-in plugin` });
  };
  if (stringAt(news, "renderYamlToDirectory")) refuse("renderYamlToDirectory", "rendering YAML");
  if (flagAt(news, "enableServerSideApply") === false) refuse("enableServerSideApply", "client-side apply");
  if (flagAt(news, "upsertExistingObjects") === true) refuse("upsertExistingObjects", "taking over existing objects");
  if (stringAt(news, "cluster")) refuse("cluster", "another cluster than the context's");
  return failures;
}

/** Another cluster means that everything is created anew; another way to the same one does not. */
function diffConfig(olds: PropertyMap, news: PropertyMap): DiffResult {
  const before = revealMap(olds);
  const after = revealMap(news);
  const [from, to] = [activeCluster(before), activeCluster(after)];
  const moved = from !== undefined && to !== undefined && !equal(from as Value, to as Value);
  const identified =
    after["clusterIdentifier"] !== undefined && equal(before["clusterIdentifier"], after["clusterIdentifier"]);
  const changes = new Map<string, PropertyChange>();
  for (const [path, change] of compare(before, after, () => false)) {
    const place = ["kubeconfig", "context", "cluster"].includes(path);
    const replace =
      (path === "clusterIdentifier" && change.kind === "update") ||
      (place && !identified && (moved || after[path] instanceof Unknown));
    changes.set(path, { ...change, replace });
  }
  return { changes, deleteBeforeReplace: false };
}

/** A server that is away is no error here: previews go on without it, and every operation that needs it says so. */
async function connect(
  args: PropertyMap,
  signal: AbortSignal,
): Promise<{ client: KubernetesClient | undefined; problem: string; namespace: string }> {
  const kubeconfig = stringAt(args, "kubeconfig") ?? "";
  let config: ReturnType<typeof loadKubeConfig>;
  try {
    config = loadKubeConfig(kubeconfig, stringAt(args, "context"));
  } catch (error) {
    const problem =
      kubeconfig === ""
        ? `unable to load Kubernetes client configuration from kubeconfig file: ${asError(error).message}`
        : `failed to parse kubeconfig data in \`kubernetes:config:kubeconfig\`- ${asError(error).message}`;
    return { client: undefined, problem, namespace: "" };
  }
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace || "default";
  const client = new KubernetesClient(config, signal);
  try {
    await client.ping();
    return { client, problem: "", namespace };
  } catch (error) {
    const problem = `unable to load schema information from the API server: ${asError(error).message}`;
    return { client: undefined, problem, namespace };
  }
}

async function check(
  request: CheckRequest,
  client: KubernetesClient | undefined,
  defaultNamespace: string,
): Promise<CheckResult> {
  const gvk = gvkOfType(request.type);
  const named = assignName(normalize(gvk, request.news), request);
  const metadata = named["metadata"];
  if (!isMap(metadata)) return { inputs: markSecrets(named, request.news), failures: [] };
  if (metadata["generateName"] !== undefined) {
    throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
  }
  const scoped = client === undefined ? isNamespaced(gvk) : await client.namespaced(gvk);
  const inputs =
    scoped && defaultNamespace !== "" && metadata["namespace"] === undefined
      ? { ...named, metadata: { ...metadata, namespace: defaultNamespace } }
      : named;
  return { inputs: markSecrets(inputs, request.news), failures: [] };
}

/**
 * Compares the live object as it was seen last, reduced to what the old inputs speak of, with the new inputs: so
 * drift shows after a refresh, and what the server adds on its own never does.
 */
async function diff(
  request: DiffRequest,
  client: KubernetesClient | undefined,
  mutable: Mutability,
): Promise<DiffResult> {
  const gvk = gvkOfType(request.type);
  const { inputs, live } = parseState(request.olds);
  const oldInputs = normalize(gvk, inputs);
  const newInputs = normalize(gvk, revealMap(request.news));
  const scoped = client === undefined ? isNamespaced(gvk) : await client.namespaced(gvk);
  const before = withNamespace(prune(live, oldInputs), scoped);
  const after = withNamespace(newInputs, scoped);
  const rule = replaceRule(gvk, after, mutable);
  const all = compare(
    before,
    after,
    rule,
    (path, a, b) => a === undefined && isEmpty(b) && equal(at(oldInputs, path), b),
  );
  const changes = withoutIgnored(all, request.ignoreChanges);
  return { changes, deleteBeforeReplace: mustDeleteFirst(changes, before, after) };
}

function withNamespace(object: PropertyMap, scoped: boolean): PropertyMap {
  if (!isMap(object["metadata"])) return object;
  const { namespace, ...metadata } = object["metadata"];
  return { ...object, metadata: scoped ? { ...metadata, namespace: namespace ?? "default" } : metadata };
}

/** `false`, `0`, `""`, `[]` and `{}`: the server drops them where they mean the same as nothing. */
function isEmpty(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isMap(value)) return Object.keys(value).length === 0;
  return value === false || value === 0 || value === "";
}

function at(map: PropertyMap, path: readonly (string | number)[]): Value | undefined {
  let value: Value | undefined = map;
  for (const step of path) {
    value = Array.isArray(value) ? value[Number(step)] : isMap(value) ? value[step] : undefined;
  }
  return value;
}

/** Two objects of one name cannot live side by side: unless the name was made up, the old one goes first. */
function mustDeleteFirst(changes: Map<string, PropertyChange>, before: PropertyMap, after: PropertyMap): boolean {
  if (![...changes.values()].some((change) => change.replace) || isAutonamed(after)) return false;
  const identity = (object: PropertyMap): (Value | undefined)[] => {
    const metadata = object["metadata"];
    return isMap(metadata) ? [metadata["name"], metadata["namespace"]] : [];
  };
  const [oldName, oldNamespace] = identity(before);
  const [newName, newNamespace] = identity(after);
  return newName !== undefined && newName === oldName && newNamespace === oldNamespace;
}

if (require.main === module) main(kubernetesProvider);
