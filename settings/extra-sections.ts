import { z } from "zod";

import * as field from "./fields";

/** What a section of the user's own needs around it; the same as ours declare, see pipeline/needs.ts. */
const needs = z
  .strictObject({
    /** What its components ask of the Kubernetes API. The policy pack compares it with the section's text. */
    permissions: z
      .array(
        z.strictObject({
          /** API group, empty for the core group. */
          group: z.string().default(""),
          resource: field.name("a resource such as events"),
          verbs: z.array(field.choice(["get", "list", "watch"])).min(1),
        }),
      )
      .default([]),
    /** Variables that it reads with sys.env. */
    env: z.array(field.choice(["CLUSTER_NAME", "LOKI_TENANT", "NODE_IP", "NODE_NAME", "NODE_SELECTOR"])).default([]),
    /** Addresses that it talks to. */
    egress: z
      .array(z.strictObject({ host: field.name("a host such as dns.example.com"), port: field.count }))
      .default([]),
    stability: field.choice(["generally-available", "public-preview", "experimental"]).default("generally-available"),
  })
  .prefault({});

/** The user's own .alloy files, composed, checked and permitted like ours. */
export const extraSections = z
  .array(
    z.strictObject({
      /** The file, from the repository's folder. */
      file: field.name("a file such as sections/level.alloy"),
      /** The component that lines go through on their way to Loki; none where the section has nothing to do with them. */
      entry: z
        .string()
        .regex(/^loki\.[a-z_]+\.[A-Za-z_]\w*$/, {
          error: field.message("is not the id of a component that takes lines", "write it as loki.process.level"),
        })
        .optional(),
      needs,
    }),
  )
  .default([]);
