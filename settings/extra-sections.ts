import { z } from "zod";

import * as field from "./fields";

const notAllowed = "The cluster does not allow what the section does, or the policy pack refuses the difference.";

/** What a section of the user's own needs around it; the same as ours declare, see pipeline/needs.ts. */
const needs = z
  .strictObject({
    permissions: z
      .array(
        z
          .strictObject({
            group: z.string().default("").meta({
              takes: "an API group, or an empty text",
              description: "API group of the resource. Empty: the core group.",
              ifWrong: notAllowed,
            }),
            resource: field.name("a resource such as events").meta({
              description: "Resource that the section reads.",
              ifWrong: notAllowed,
            }),
            verbs: z
              .array(field.choice(["get", "list", "watch"]))
              .min(1)
              .meta({
                takes: "a list of `get`, `list`, `watch`",
                description: "What the section may do with the resource.",
                ifWrong: notAllowed,
              }),
          })
          .meta({ description: "A permission in the cluster." }),
      )
      .default([])
      .meta({
        takes: "a list of permissions",
        description:
          "What the section's components ask of the Kubernetes API. The policy pack compares it with the section's text.",
        ifWrong: "Too few or too many: refused at preview.",
      }),
    env: z
      .array(field.choice(["CLUSTER_NAME", "LOKI_TENANT", "NODE_IP", "NODE_NAME", "NODE_SELECTOR", "NODE_IP_IN_URL"]))
      .default([])
      .meta({
        takes: "a list of `CLUSTER_NAME`, `LOKI_TENANT`, `NODE_IP`, `NODE_NAME`, `NODE_SELECTOR`, `NODE_IP_IN_URL`",
        description:
          "Variables that the section reads with `sys.env`. `NODE_IP_IN_URL` is the node's address as it stands in front of a port: an IPv6 address in brackets.",
        ifWrong: "A variable that is missing here is empty in the section.",
      }),
    egress: z
      .array(
        z
          .strictObject({
            host: field.name("a host such as dns.example.com").meta({
              description: "Host or address.",
              ifWrong: "With `network.enabled`, the NetworkPolicy blocks it.",
            }),
            port: field.count.meta({
              takes: "a port",
              description: "Port.",
              ifWrong: "With `network.enabled`, the NetworkPolicy blocks it.",
            }),
          })
          .meta({ description: "A host that the section connects to." }),
      )
      .default([])
      .meta({
        takes: "a list of hosts with their ports",
        description: "Where the section connects to.",
        ifWrong: "With `network.enabled`, the NetworkPolicy blocks what is missing here.",
      }),
    readPaths: z
      .array(
        z
          .strictObject({
            path: field.choice(["/var/log/journal"]).meta({
              description: "Directory of the node. It is mounted at the same path, and only to read.",
              ifWrong: "On a node without this directory, the collector's pod does not start.",
            }),
            group: z.int().min(1).max(65535).default(4).meta({
              takes: "the number of a group",
              description:
                "Group that may read what lies there; the collector's user joins it. 4 is `adm`, which systemd lets read the journal.",
              ifWrong: "A group that may not read the directory: the section reads no line.",
            }),
          })
          .meta({ description: "A directory of the node that the section reads." }),
      )
      .default([])
      .meta({
        takes: "a list of directories with their groups",
        description: "Directories of the node that the section reads.",
        ifWrong: "A directory that is missing here is not mounted: refused at preview.",
      }),
    stability: field
      .choice(["generally-available", "public-preview", "experimental"])
      .default("generally-available")
      .meta({
        description: "The least stable component that the section uses (Alloy's `--stability.level`).",
        ifWrong: "Too high: the collector does not start, because Alloy refuses the component.",
      }),
  })
  .prefault({})
  .meta({ description: "What the section needs in order to work." });

/** `alloy:extraSections`: the user's own .alloy files, composed, checked and permitted like ours. */
export const extraSections = z
  .array(
    z
      .strictObject({
        file: field.name("a file such as sections/level.alloy").meta({
          description: "File with the section. The path is relative to Pulumi.yaml.",
          ifWrong: "A file that cannot be read or has a syntax error is refused at preview.",
        }),
        entry: z
          .string()
          .regex(/^loki\.[a-z_]+\.[A-Za-z_]\w*$/, {
            error: field.message("is not the id of a component that takes lines", "write it as loki.process.level"),
          })
          .optional()
          .meta({
            takes: "the id of a component, such as loki.process.level",
            description: "Component that lines go through on their way to Loki.",
            otherwise: "no line goes through the section",
            ifWrong: "A component that is not in the file is refused at preview.",
          }),
        needs,
      })
      .meta({ description: "A file of yours with a part of the pipeline." }),
  )
  .default([])
  .meta({
    takes: "a list of sections",
    description:
      "Sections of your own for the pipeline. They are composed and checked like ours, and get permissions like ours (examples/sections/README.md).",
    ifWrong: "A section that takes lines and does not hand them on is refused at preview.",
  });
