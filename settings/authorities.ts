import type { z } from "zod";

import * as field from "./fields";
import { backends, type Backend, type credentials } from "./credentials";
import { refuse } from "./cross-field-check";

/** A company's own certificate authority, by which the collectors know Loki and Prometheus. */

const caFile = (server: string) =>
  field
    .name(`the file that holds the CA certificate of ${server}`)
    .optional()
    .meta({
      takes: "a file with certificates in PEM",
      description: `File with the certificate of the CA that ${server}'s certificate is from, on the machine that runs Pulumi. The pods get a copy in the ConfigMap.`,
      otherwise: "the authorities that the image knows",
      ifWrong: `${server}'s certificate is not trusted: nothing arrives, and the collector's log says x509. A file that cannot be read: nothing is deployed.`,
    });

export const lokiCaFile = caFile("Loki");
export const prometheusCaFile = caFile("Prometheus");

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  lokiUrl: string;
  prometheusUrl: string;
  lokiCaFile?: string;
  prometheusCaFile?: string;
  credentials: z.infer<typeof credentials>;
  canary: { enabled: boolean; address?: string };
}

/** The settings that {@link checkAuthorities} reads. */
export const readByAuthoritiesCheck = [
  ["lokiUrl"],
  ["prometheusUrl"],
  ["lokiCaFile"],
  ["prometheusCaFile"],
  ["credentials"],
  ["canary"],
];

/** Refuses a CA that nobody would look at, or that somebody would have to look at and cannot. */
export function checkAuthorities(settings: Read, context: z.core.$RefinementCtx): void {
  for (const backend of backends) {
    const key = `${backend}CaFile` as const;
    if (settings[key] === undefined) continue;
    const { mode } = settings.credentials;
    if (/^http:/i.test(settings[`${backend}Url`]))
      refuse(context, key, `has no meaning: alloy:${backend}Url is http, which shows no certificate`, "write https://");
    else if (mode !== "none" && settings.credentials[backend] === "mtls")
      refuse(
        context,
        key,
        `is given, and alloy:credentials.${backend} is mtls, whose key ca says the same`,
        "remove it, and put the CA into the key ca of that credential",
      );
  }
  if (settings.canary.enabled && settings.canary.address === undefined && settings.lokiCaFile !== undefined)
    refuse(
      context,
      "canary.address",
      "is missing, and alloy:lokiUrl has a certificate of alloy:lokiCaFile, which loki-canary would not trust: it has no file",
      "write an address at which Loki answers inside of the cluster, such as http://loki-gateway.monitoring.svc:80",
    );
}

/** Where the pods find the CA of a backend: a key of the ConfigMap, and the file that it is in the container. */
export const authorityKey = (backend: Backend): string => `${backend}-ca.crt`;
