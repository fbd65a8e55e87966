import { stringify } from "yaml";

import { UserError } from "../settings/errors";
import type { Settings } from "../settings/schema";
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
  const head = `# Made by npm run render -- STACK --kustomize: edit ${stackFile} and make it anew. One program applies these\n# objects: ArgoCD or Pulumi, never both on one cluster.\n`;
  return new Map([["kustomization.yaml", head + stringify(kustomization)], ...files]);
}

function fileOf(object: PlainObject): string {
  const { name = "" } = (object["metadata"] ?? {}) as { name?: string };
  return `${String(object["kind"]).toLowerCase()}-${name}.yaml`;
}

function withoutPulumi(object: PlainObject): PlainObject {
  const { annotations, ...metadata } = (object["metadata"] ?? {}) as { annotations?: Record<string, string> };
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/"));
  return { ...object, metadata: kept.length === 0 ? metadata : { ...metadata, annotations: Object.fromEntries(kept) } };
}
