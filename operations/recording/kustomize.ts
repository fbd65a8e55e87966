import { stringify } from "yaml";

import { collectorGrants, collectorRole, policyText } from "../../vault/policy";
import { vaultRole } from "../../pipeline/vault";
import { UserError } from "../../kit/user-error";
import type { Settings } from "../../settings/schema";
import { toYaml } from "./manifests";

type PlainObject = Record<string, unknown>;

/**
 * The objects of a stack as a Kustomize base: file name to text, one object a file and a kustomization.yaml; pure. They
 * are the same objects, but for the annotations that speak to Pulumi. The ConfigMap is a resource and no generator, so
 * that its name stays; the checksum on the pod template rolls the pods where its text changes.
 *
 * @param objects as `kubernetesObjects` gives them
 * @throws UserError where the stack's credentials go through Pulumi: a base has no values to put there
 */
export function kustomizeBase(
  objects: readonly PlainObject[],
  settings: Pick<Settings, "credentials">,
  stackFile: string,
): Map<string, string> {
  if (settings.credentials.mode === "secret")
    throw UserError.of(
      stackFile,
      "alloy:credentials.mode",
      "is secret: Pulumi copies the credential from Vault when it runs, and a Kustomize base cannot hold it",
      "write mode: existing, and let External Secrets (or a person) provide the Secret; or mode: none",
      "nothing was written",
    );
  const files = new Map(objects.map((object) => [fileOf(object), toYaml([withoutPulumi(object)])]));
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [...files.keys()],
  };
  const head = `# Made by npx alloyctl render STACK --kustomize: edit ${stackFile} and make it anew. One program applies these\n# objects: ArgoCD or Pulumi, never both on one cluster.\n`;
  return new Map([["kustomization.yaml", head + stringify(kustomization)], ...files]);
}

/**
 * What has to be in Vault before such a base is applied, as commands; undefined where the collectors read nothing there.
 * A base holds Kubernetes objects only, and a collector that may not log in does not start.
 */
export function vaultCommands(settings: Settings): string | undefined {
  if (settings.credentials.mode !== "vault") return undefined;
  const role = vaultRole(settings);
  const { boundServiceAccountNames, boundServiceAccountNamespaces, tokenPolicies, tokenPeriod, audience } =
    collectorRole(settings);
  const fields = {
    bound_service_account_names: boundServiceAccountNames.join(","),
    bound_service_account_namespaces: boundServiceAccountNamespaces.join(","),
    token_policies: tokenPolicies.join(","),
    token_no_default_policy: "true",
    token_period: `${tokenPeriod}s`,
    ...(audience !== undefined && { audience }),
  };
  const values = Object.entries(fields).map(([key, value]) => `${key}=${shellWord(value)}`);
  const path = `auth/${settings.vault?.login.mount ?? ""}/role/${role}`;
  return [
    `vault policy write ${role} - <<'EOF'`,
    `${policyText(collectorGrants(settings))}EOF`,
    ["vault write", shellWord(path), ...values].join(" "),
    "",
  ].join("\n");
}

const shellWord = (text: string): string => (/^[\w./,:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function fileOf(object: PlainObject): string {
  const { name = "" } = (object["metadata"] ?? {}) as { name?: string };
  return `${String(object["kind"]).toLowerCase()}-${name}.yaml`;
}

function withoutPulumi(object: PlainObject): PlainObject {
  const { annotations, ...metadata } = (object["metadata"] ?? {}) as { annotations?: Record<string, string> };
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/"));
  return { ...object, metadata: kept.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(kept) } };
}
