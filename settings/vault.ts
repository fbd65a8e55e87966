import { z } from "zod";

import * as field from "./fields";

const login = z
  .strictObject({
    mount: field.vaultPath.default("kubernetes").meta({
      takes: "a path such as kubernetes",
      description: "Where Vault's Kubernetes auth method for this cluster is mounted.",
      ifWrong: "The login fails, and `up` says so before it changes the collectors.",
    }),
    audience: field.name("an audience such as vault").optional().meta({
      description: "Audience of the token that a collector shows to Vault.",
      otherwise: "the audience of the API server",
      ifWrong: "Vault refuses the login, and `up` says so before it changes the collectors.",
    }),
    period: field.durationFrom("5m").default("24h").meta({
      description: "How long a login lives without renewal: the Vault outage that running collectors survive.",
      ifWrong: "Too short: a short outage of Vault takes the collectors' credential away.",
    }),
    reread: field.durationFrom("10s").default("1m").meta({
      description: "How often a collector reads the credential again, and so how soon it notices a new one.",
      ifWrong: "Too short: every node asks Vault that often.",
    }),
  })
  .prefault({})
  .meta({ description: "How the collectors log in to Vault in credentials mode `vault`." });

/** `alloy:vault`: KV v2 engine `mount`; Loki's credential is at `path`/loki, remote write's at `path`/prometheus. */
export const vault = z
  .strictObject({
    address: field.vaultAddress.meta({
      description: "Vault's address, without a path.",
      ifWrong: "Nothing is deployed, because no credential can be read.",
    }),
    namespace: field.name("the name of a Vault namespace, such as admin").optional().meta({
      description: "Vault namespace (Vault Enterprise, HCP).",
      otherwise: "no namespace",
      ifWrong: "Vault answers 403 or 404, and nothing is deployed.",
    }),
    mount: field.vaultPath.default("secret").meta({
      takes: "a path such as secret",
      description: "Mount of the KV v2 engine.",
      ifWrong: "Vault answers 403 or 404, and nothing is deployed.",
    }),
    path: field.vaultPath.meta({
      description: "Folder in the KV v2 engine. Loki's credential is `PATH/loki`, Prometheus' is `PATH/prometheus`.",
      ifWrong: "Vault answers 403 or 404, and nothing is deployed.",
    }),
    caFile: field.name("the file that holds Vault's CA certificate").optional().meta({
      description:
        "File with Vault's CA certificate on the machine that runs Pulumi. In mode `vault` the pods get a copy.",
      otherwise: "the certificates of the system",
      ifWrong: "Vault's certificate is not trusted, and nothing is deployed.",
    }),
    login,
  })
  .optional()
  .meta({
    description: "Where Vault is, and where the credentials are in it.",
    otherwise: "required if `credentials.mode` is `secret` or `vault`",
  });
