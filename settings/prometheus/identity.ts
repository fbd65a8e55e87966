import { z } from "zod";

import * as field from "../fields";
import { shown } from "../fields/wording";
import type { credentials } from "../credentials";
import { ifValid, refuse } from "../cross-field-check";

/** A role in the cloud, for a managed Prometheus. There is no key: the collectors' ServiceAccount is who they are. */

const guid = (what: string) =>
  field.text(what).regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, {
    error: ({ input }) => field.message(`${shown(input)} is not a GUID`, `write ${what}`),
  });

const aws = z
  .strictObject({
    region: field
      .text("a region such as eu-west-1")
      .regex(/^[a-z]{2,3}(-[a-z]+)+-\d$/, {
        error: ({ input }) => field.message(`${shown(input)} is not a region of AWS`, "write it as eu-west-1"),
      })
      .meta({
        takes: "a region such as `eu-west-1`",
        description: "Region of the workspace; requests are signed for it.",
        ifWrong: "The workspace answers 403, and no metric arrives.",
      }),
    roleArn: field
      .text("the ARN of a role")
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, {
        error: ({ input }) =>
          field.message(`${shown(input)} is not the ARN of a role`, "write it as arn:aws:iam::111122223333:role/NAME"),
      })
      .optional()
      .meta({
        takes: "the ARN of a role, such as `arn:aws:iam::111122223333:role/alloy`",
        description: "Role of the collectors' ServiceAccount (IAM roles for service accounts).",
        otherwise: "EKS Pod Identity: the association is made in AWS",
        ifWrong: "AWS refuses the role, and no metric arrives.",
      }),
  })
  .optional()
  .meta({
    description: "Amazon Managed Service for Prometheus: requests are signed (SigV4).",
    otherwise: "nothing is signed",
  });

const azure = z
  .strictObject({
    clientId: guid("the client id of a managed identity").meta({
      takes: "a GUID",
      description: "Client id of the managed identity that is federated with the collectors' ServiceAccount.",
      ifWrong: "Microsoft Entra refuses the token, and no metric arrives.",
    }),
    tenantId: guid("the id of the Entra tenant").meta({
      takes: "a GUID",
      description: "Tenant of that identity in Microsoft Entra.",
      ifWrong: "Microsoft Entra refuses the token, and no metric arrives.",
    }),
    cloud: field.choice(["AzurePublic", "AzureChina", "AzureGovernment"]).default("AzurePublic").meta({
      description: "Which of Azure's clouds.",
      ifWrong: "Another cloud is asked for the token, and no metric arrives.",
    }),
  })
  .optional()
  .meta({
    description: "Azure Monitor workspace: a token of Microsoft Entra (workload identity).",
    otherwise: "no token is asked for",
  });

/** `alloy:prometheusIdentity`. */
export const prometheusIdentity = z
  .strictObject({ aws, azure })
  .superRefine(
    (given, context) => {
      const count = Number(given.aws !== undefined) + Number(given.azure !== undefined);
      if (count !== 1)
        refuse(
          context,
          "aws",
          count === 0 ? "is missing, and so is azure" : "is given, and so is azure",
          "write one of them",
        );
    },
    ifValid(["aws"], ["azure"]),
  )
  .optional()
  .meta({
    description:
      "The collectors' own identity in the cloud, by which a managed Prometheus knows them. No key is stored anywhere.",
    otherwise: "`credentials.prometheus` decides",
  });

export type PrometheusIdentity = NonNullable<z.infer<typeof prometheusIdentity>>;

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  prometheusUrl: string;
  prometheusIdentity?: PrometheusIdentity;
  credentials: z.infer<typeof credentials>;
}

/** The settings that {@link checkPrometheusIdentity} reads. */
export const readByIdentityCheck = [["prometheusUrl"], ["prometheusIdentity"], ["credentials"]];

/** Refuses two ways of proving who one is, and one that everybody on the way could take over. */
export function checkPrometheusIdentity(settings: Read, context: z.core.$RefinementCtx): void {
  const { prometheusIdentity: identity, credentials: used, prometheusUrl } = settings;
  if (identity === undefined) return;
  if (used.mode !== "none" && used.prometheus !== "none")
    refuse(
      context,
      "prometheusIdentity",
      `is given, and so is alloy:credentials.prometheus (${used.prometheus})`,
      "remove one of them: Alloy takes one",
    );
  if (/^http:/i.test(prometheusUrl))
    refuse(context, "prometheusUrl", "is http, and the collectors' identity goes there", "write https://");
}

const entra = {
  AzurePublic: "login.microsoftonline.com",
  AzureChina: "login.chinacloudapi.cn",
  AzureGovernment: "login.microsoftonline.us",
} as const;

/**
 * Whom the collectors ask for the token of that identity. Sources: docs.aws.amazon.com, STS regional endpoints, and EKS Pod
 * Identity agent; prometheus/prometheus, storage/remote/azuread
 */
export function identityServer({ aws: amazon, azure: microsoft }: PrometheusIdentity): { host: string; port: number } {
  if (microsoft !== undefined) return { host: entra[microsoft.cloud], port: 443 };
  const region = amazon?.region ?? "";
  if (amazon?.roleArn === undefined) return { host: podIdentityAgent, port: 80 };
  return { host: `sts.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`, port: 443 };
}

/** The agent's address on each node of EKS. */
export const podIdentityAgent = "169.254.170.23";

/** Annotations of the collectors' ServiceAccount, and labels of their pods, by which the cloud's webhook knows them. */
export function identityMarks({ prometheusIdentity: identity }: { prometheusIdentity?: PrometheusIdentity }): {
  annotations: Record<string, string>;
  podLabels: Record<string, string>;
} {
  const { aws: amazon, azure: microsoft } = identity ?? {};
  return {
    annotations: {
      ...(amazon?.roleArn !== undefined && { "eks.amazonaws.com/role-arn": amazon.roleArn }),
      ...(microsoft !== undefined && { "azure.workload.identity/client-id": microsoft.clientId }),
    },
    podLabels: microsoft === undefined ? {} : { "azure.workload.identity/use": "true" },
  };
}
