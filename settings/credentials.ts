import { z } from "zod";

import * as field from "./fields";
import { shown, valueKind } from "./fields/wording";
import { reading, refuse } from "./cross-field-check";

/** How the collectors prove to Loki and to Prometheus who they are, and where Vault is. */

/** The two places that a collector sends to, as settings, files and paths in Vault name them. */
export const backends = ["loki", "prometheus"] as const;
export type Backend = (typeof backends)[number];

const auth = (fallback: "none" | "basic") => field.choice(["none", "basic", "bearer", "mtls"]).default(fallback);

/** A version of a secret in KV v2; they are counted from 1. */
const version = z
  .union([z.number(), z.string()], {
    error: ({ input }) => field.message(`is ${valueKind(input)} where a version belongs`, "write a number such as 3"),
  })
  .refine((value) => /^[1-9]\d*$/.test(String(value)), {
    error: ({ input }) => field.message(`${shown(input)} is not a version`, "write a number from 1 upwards, such as 3"),
  })
  .transform(Number)
  .optional();

/** A key of a Secret. Source: kubernetes.io, Secret, `data` */
export const secretKey = field.checkedText("a key such as loki.json", (value, refuseKey) => {
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(value))
    refuseKey(`${shown(value)} cannot be a key of a Secret`, "use letters, digits, dots, dashes and underscores");
});

/** `alloy:credentials`. */
export const credentials = z
  .strictObject({
    /**
     * `secret`: Vault KV v2 to a Kubernetes Secret. `existing`: a Secret that somebody else provides. `vault`: each
     * collector reads Vault itself.
     */
    mode: field.choice(["none", "secret", "existing", "vault"]).default("none"),
    /** How Loki wants to be spoken to. basic: keys username, password; bearer: token; mtls: cert, key, ca. */
    loki: auth("basic"),
    /** The same for remote write; `none` where only Loki is protected. */
    prometheus: auth("none"),
    /** Mode secret: a version of the secret in Vault that is read whatever comes after it; the newest without. */
    versions: z.strictObject({ loki: version, prometheus: version }).prefault({}),
    /** Mode secret: where Vault holds no credential yet, write a random password as the first version. */
    seed: field.flag.default(false),
    /** Mode secret: `up` lets a preview look at the names of the keys in Vault only, never at a value. */
    readAt: field.choice(["preview", "up"]).default("preview"),
    /** Name of the Secret: created in mode secret, expected in mode existing. */
    secretName: field.objectName.default("alloy-credentials"),
    /** Keys of that Secret, where they are not loki.json or loki-token, and prometheus.json or prometheus-token. */
    keys: z.strictObject({ loki: secretKey.optional(), prometheus: secretKey.optional() }).prefault({}),
  })
  .superRefine(
    ({ seed, mode }, context) => {
      if (seed && mode !== "secret")
        refuse(context, "seed", `has no meaning in mode ${mode}`, "remove it, or set mode: secret");
    },
    reading(["seed"], ["mode"]),
  )
  .superRefine(
    ({ readAt, mode }, context) => {
      if (readAt === "up" && mode !== "secret")
        refuse(context, "readAt", `has no meaning in mode ${mode}, where Vault is not read`, "remove it");
    },
    reading(["readAt"], ["mode"]),
  )
  .superRefine(
    ({ versions, mode, seed }, context) => {
      for (const backend of backends) {
        if (versions[backend] === undefined) continue;
        if (mode !== "secret")
          refuse(context, `versions.${backend}`, `has no meaning in mode ${mode}`, "remove it, or set mode: secret");
        else if (seed)
          refuse(
            context,
            `versions.${backend}`,
            "pins a version, but seed is about to write one",
            "remove one of them",
          );
      }
    },
    reading(["versions"], ["mode"], ["seed"]),
  )
  .superRefine(
    ({ seed, loki, prometheus }, context) => {
      const other = [loki, prometheus].find((kind) => kind === "bearer" || kind === "mtls");
      if (seed && other !== undefined)
        refuse(
          context,
          "seed",
          `can make up a password, but not ${other === "bearer" ? "a bearer token" : "a client certificate"}`,
          `write the ${other === "bearer" ? "token" : "certificate"} into Vault yourself`,
        );
    },
    reading(["seed"], ["loki"], ["prometheus"]),
  )
  .superRefine(
    ({ mode, loki, prometheus }, context) => {
      if (mode !== "none" && loki === "none" && prometheus === "none")
        refuse(context, "mode", "is on, but neither loki nor prometheus uses a credential", "set mode: none");
    },
    reading(["mode"], ["loki"], ["prometheus"]),
  )
  .prefault({});

/** `alloy:vault`: KV v2 engine `mount`; Loki's credential is at `path`/loki, remote write's at `path`/prometheus. */
export const vault = z
  .strictObject({
    address: field.vaultAddress,
    namespace: field.name("the name of a Vault namespace, such as admin").optional(),
    mount: field.vaultPath.default("secret"),
    path: field.vaultPath,
    caFile: field.name("the file that holds Vault's CA certificate").optional(),
    /** Mode vault: how the collectors log in. */
    login: z
      .strictObject({
        /** Where Vault's Kubernetes auth method for this cluster is mounted. */
        mount: field.vaultPath.default("kubernetes"),
        /** Audience of the token that a collector shows; without it that of the API server. */
        audience: field.name("an audience such as vault").optional(),
        /** How long a login lives without renewal: the Vault outage that running collectors survive. */
        period: field.durationFrom("5m").default("24h"),
        /** How often a collector reads the credential again, and so how soon it learns of a new one. */
        reread: field.durationFrom("10s").default("1m"),
      })
      .prefault({}),
  })
  .optional();

/** Whether requests to that backend carry a password or a token. */
export function authenticates({ mode, ...kinds }: z.infer<typeof credentials>, backend: Backend): boolean {
  return mode !== "none" && (kinds[backend] === "basic" || kinds[backend] === "bearer");
}

/** A client certificate is shown in a TLS handshake, so that over http nobody would ask for it. */
export function mtlsNeedsHttps(
  settings: { credentials: z.infer<typeof credentials>; lokiUrl: string; prometheusUrl: string },
  context: z.core.$RefinementCtx,
): void {
  for (const [backend, key] of [
    ["loki", "lokiUrl"],
    ["prometheus", "prometheusUrl"],
  ] as const)
    if (
      settings.credentials.mode !== "none" &&
      settings.credentials[backend] === "mtls" &&
      /^http:/i.test(settings[key])
    )
      refuse(context, key, `is http, but alloy:credentials.${backend} is mtls`, "write https://");
}
