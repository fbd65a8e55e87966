import { z } from "zod";

import * as field from "./fields";
import { shown, wrongType } from "./fields/wording";
import { ifValid, refuse } from "./cross-field-check";

/** How the collectors prove to Loki and to Prometheus who they are. */

/** The two places that a collector sends to, as settings, files and paths in Vault name them. */
export const backends = ["loki", "prometheus"] as const;
export type Backend = (typeof backends)[number];

/** A version of a secret in KV v2; they are counted from 1. */
const version = z
  .union([z.number(), z.string()], {
    error: ({ input }) => field.message(wrongType(input, "a version"), "write a number such as 3"),
  })
  .refine((value) => /^[1-9]\d*$/.test(String(value)), {
    error: ({ input }) => field.message(`${shown(input)} is not a version`, "write a number from 1 upwards, such as 3"),
  })
  .transform(Number)
  .optional()
  .meta({
    takes: "a number from 1",
    minimum: 1,
    multipleOf: 1,
    pattern: "^[1-9]\\d*$",
    otherwise: "the newest version",
    ifWrong: "A version that does not exist or is deleted: nothing is deployed.",
  });

/** A key of a Secret. Source: kubernetes.io, Secret, `data` */
export const secretKey = field
  .text("a key such as loki.json")
  .regex(/^[-._a-zA-Z0-9]{1,253}$/, {
    error: ({ input }) =>
      field.message(`${shown(input)} cannot be a key of a Secret`, "use letters, digits, dots, dashes and underscores"),
  })
  .meta({ takes: "a key of a Secret" });

const missingKey = "A key that the Secret does not have: the pods cannot mount it and do not start.";

const authKinds = field.choice(["none", "basic", "bearer", "mtls"]);

/** `alloy:credentials`. */
export const credentials = z
  .strictObject({
    mode: field.choice(["none", "secret", "existing", "vault"]).default("none").meta({
      description:
        "Where the credentials come from. `none`: there are none. `secret`: Pulumi copies them from Vault KV v2 to a Kubernetes Secret. `existing`: somebody else provides the Secret. `vault`: each collector reads Vault itself (docs/decisions/0041-mode-vault.md).",
      ifWrong: "`none` for a Loki that asks for a password: it answers 401, and no line arrives.",
    }),
    loki: authKinds.default("basic").meta({
      description:
        "How the collectors authenticate to Loki. `basic`: keys `username`, `password`. `bearer`: key `token`. `mtls`: keys `cert`, `key`, `ca`. It has no effect in mode `none`.",
      ifWrong: "Loki answers 401 or 403, and no line arrives. `mtls` with an http address is refused.",
    }),
    prometheus: authKinds.default("none").meta({
      description: "How the collectors authenticate to Prometheus. It takes the same words as `loki`.",
      ifWrong: "Prometheus answers 401 or 403, and no metric arrives. `mtls` with an http address is refused.",
    }),
    versions: z
      .strictObject({
        loki: version.meta({ description: "Version of Loki's secret in Vault that is read." }),
        prometheus: version.meta({ description: "Version of Prometheus' secret in Vault that is read." }),
      })
      .prefault({})
      .meta({
        description: "In mode `secret`: pins versions of the secrets in Vault, so that later versions are not used.",
      }),
    seed: field.flag.default(false).meta({
      description:
        "In mode `secret`: if Vault has no credential yet, writes a random password as the first version (docs/decisions/0015-seed.md).",
      ifWrong: "In any other mode, with a pinned version, or with `bearer` or `mtls`: refused.",
    }),
    readAt: field.choice(["preview", "up"]).default("preview").meta({
      description:
        "In mode `secret`: when values are read. With `up`, a preview reads the names of the keys in Vault, but never a value (docs/decisions/0040-read-at-up.md).",
      ifWrong: "`up` in any other mode is refused. With `up`, a preview cannot notice an empty value.",
    }),
    secretName: field.objectName.default("alloy-credentials").meta({
      description: "Name of the Secret: created in mode `secret`, expected in mode `existing`.",
      ifWrong: "A Secret that does not exist in mode `existing`: the pods cannot mount it and do not start.",
    }),
    keys: z
      .strictObject({
        loki: secretKey.optional().meta({
          description: "Key with Loki's credential.",
          otherwise: "`loki.json`, or `loki-token` for `bearer`",
          ifWrong: missingKey,
        }),
        prometheus: secretKey.optional().meta({
          description: "Key with Prometheus' credential.",
          otherwise: "`prometheus.json`, or `prometheus-token` for `bearer`",
          ifWrong: missingKey,
        }),
      })
      .prefault({})
      .meta({ description: "Keys of the Secret that `credentials.secretName` names." }),
  })
  .superRefine(
    ({ seed, mode }, context) => {
      if (seed && mode !== "secret")
        refuse(context, "seed", `has no meaning in mode ${mode}`, "remove it, or set mode: secret");
    },
    ifValid(["seed"], ["mode"]),
  )
  .superRefine(
    ({ readAt, mode }, context) => {
      if (readAt === "up" && mode !== "secret")
        refuse(context, "readAt", `has no meaning in mode ${mode}, where Pulumi does not read Vault`, "remove it");
    },
    ifValid(["readAt"], ["mode"]),
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
    ifValid(["versions"], ["mode"], ["seed"]),
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
    ifValid(["seed"], ["loki"], ["prometheus"]),
  )
  .superRefine(
    ({ mode, loki, prometheus }, context) => {
      if (mode !== "none" && loki === "none" && prometheus === "none")
        refuse(context, "mode", `is ${mode}, but neither loki nor prometheus uses a credential`, "set mode: none");
    },
    ifValid(["mode"], ["loki"], ["prometheus"]),
  )
  .prefault({})
  .meta({ description: "How the collectors prove to Loki and to Prometheus who they are." });

/** Whether requests to that backend carry a password or a token. */
export function authenticates({ mode, ...kinds }: z.infer<typeof credentials>, backend: Backend): boolean {
  return mode !== "none" && (kinds[backend] === "basic" || kinds[backend] === "bearer");
}

/** A client certificate is shown in a TLS handshake, so that over http nobody would ask for it. */
export function checkMtlsOverHttps(
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
