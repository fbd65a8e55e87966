import type { V1Container, V1EnvVar, V1Pod } from "@kubernetes/client-node";

import { SetupError } from "./errors";
import { fieldValue, resourceValue, type PodFacts } from "./fields";

/** Data of the ConfigMaps and Secrets of the pod's namespace; undefined for an object that does not exist. */
export interface ObjectData {
  configMap(name: string): Record<string, Buffer> | undefined;
  secret(name: string): Record<string, Buffer> | undefined;
}

/**
 * The environment of a container as a kubelet makes it: `base` (what the runtime and the cluster give) below `envFrom`
 * below `env`, each value with `$(NAME)` of what came before it. Nothing of this machine's own environment is in it.
 */
export function resolveEnv(
  pod: V1Pod,
  container: V1Container,
  facts: PodFacts,
  objects: ObjectData,
  base: Record<string, string>,
): Record<string, string> {
  const env: Record<string, string> = { ...base };
  for (const from of container.envFrom ?? []) {
    const { configMapRef, secretRef, prefix = "" } = from;
    const name = configMapRef?.name ?? secretRef?.name ?? "";
    const data = configMapRef === undefined ? objects.secret(name) : objects.configMap(name);
    const optional = configMapRef?.optional ?? secretRef?.optional ?? false;
    if (data === undefined && !optional) throw notFound(configMapRef === undefined ? "secret" : "configmap", name);
    for (const [key, value] of Object.entries(data ?? {})) env[`${prefix}${key}`] = value.toString("utf8");
  }
  for (const variable of container.env ?? []) {
    const value = envValue(pod, container, facts, objects, env, variable);
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

/**
 * Replaces `$(NAME)` by the variable's value; `$$(NAME)` stands for the text `$(NAME)`, and an unknown name stays as
 * it is written (Kubernetes' rule for env, command and args).
 */
export function expand(text: string, env: Record<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (whole === "$$") return "$";
    return name !== undefined && Object.hasOwn(env, name) ? (env[name] ?? "") : whole;
  });
}

function envValue(
  pod: V1Pod,
  container: V1Container,
  facts: PodFacts,
  objects: ObjectData,
  before: Record<string, string>,
  variable: V1EnvVar,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return expand(variable.value ?? "", before);
  if (from.fieldRef) return fieldValue(pod, facts, from.fieldRef);
  if (from.resourceFieldRef) return resourceValue(pod, container, facts, from.resourceFieldRef);
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  if (ref === undefined) {
    throw new SetupError("CreateContainerConfigError", `env ${variable.name}: unknown valueFrom`);
  }
  const kind = from.configMapKeyRef ? "configmap" : "secret";
  const data = kind === "configmap" ? objects.configMap(ref.name ?? "") : objects.secret(ref.name ?? "");
  const value = data?.[ref.key]?.toString("utf8");
  if (value !== undefined || ref.optional === true) return value;
  if (data === undefined) throw notFound(kind, ref.name ?? "");
  throw new SetupError("CreateContainerConfigError", `couldn't find key ${ref.key} in ${kind} ${ref.name ?? ""}`);
}

function notFound(kind: string, name: string): SetupError {
  return new SetupError("CreateContainerConfigError", `${kind} "${name}" not found`);
}
