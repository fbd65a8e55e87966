import { stringify } from "yaml";

import { schemaComment } from "../documents/stack-schema";

/** What a new stack has to say; everything else has a default (Pulumi.yaml), stated there once. */
export interface StackAnswers {
  environment: string;
  clusterName: string;
  lokiTenant: string;
  /** Context of the kubeconfig; empty only in environment local. */
  context: string;
  /** none, secret or existing */
  credentials: string;
  /** Mode secret only. */
  vaultAddress: string;
  /** Mode secret only. */
  vaultPath: string;
  /** Terraform's file, or empty: nothing is compared. */
  terraform: string;
}

const enforcement: Record<string, string> = {
  production: "Policies are mandatory, and the namespace is protected from deletion.",
  staging: "Policies are mandatory; deletion is not protected.",
  local: "Deletion is not protected, and no Kubernetes context is required.",
};

const credentialModes: Record<string, string> = {
  none: "Loki is open inside the cluster: no Vault is needed, and a preview needs no token.",
  secret: "From Vault to a Kubernetes Secret when Pulumi runs; the pods get a file. Loki asks for user and password.",
  existing: "The Secret alloy-credentials exists already, with the key loki.json.",
};

/** The text of Pulumi.NAME.yaml, each value with its reason above it; pure. */
export function newStackText(answers: StackAnswers): string {
  const { environment, clusterName, lokiTenant, context, credentials, terraform } = answers;
  const parts: [comment: string, key: string, value: unknown][] = [
    ["Name of the Kubernetes cluster: CLUSTER_NAME, label `cluster` of logs and metrics.", "clusterName", clusterName],
    ["Loki's tenant: LOKI_TENANT, header X-Scope-OrgID.", "lokiTenant", lokiTenant],
    [enforcement[environment] ?? "", "environment", environment],
  ];
  if (context !== "")
    parts.push([
      "Named, so that a preview cannot meet whatever cluster the kubeconfig points at today.",
      "kubernetes",
      { context },
    ]);
  if (credentials === "secret")
    parts.push([
      `Read when Pulumi runs, never by the pods; the token comes from VAULT_TOKEN. User and password are the keys\n# username and password of ${answers.vaultPath}/loki in the engine \`secret\`.`,
      "vault",
      { address: answers.vaultAddress, path: answers.vaultPath },
    ]);
  parts.push([credentialModes[credentials] ?? "", "credentials", { mode: credentials }]);
  if (terraform !== "")
    parts.push([
      "Preview and up refuse to run if this file says otherwise; terraform.map.yaml maps its names to settings.",
      "terraform",
      { from: terraform },
    ]);
  const lines = parts.map(([comment, key, value]) =>
    indented(`# ${comment}\n${stringify({ [`alloy:${key}`]: value }, { lineWidth: 0 }).trimEnd()}`),
  );
  const head = "# Everything that is not here has its default: docs/reference/settings.md.";
  return [schemaComment(), head, "config:", ...lines, ""].join("\n");
}

const indented = (text: string): string => text.replace(/^/gm, "  ");
