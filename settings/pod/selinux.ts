import { z } from "zod";

import * as field from "../fields";
import { shown } from "../fields/wording";

// Those of Pod Security's `baseline`. Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
const types = ["container_t", "container_init_t", "container_kvm_t", "container_engine_t"] as const;

/** `alloy:pod.seLinuxOptions`: under which label the collectors run on nodes that enforce SELinux. */
export const seLinuxOptions = z
  .strictObject({
    level: field
      .text("a level such as s0")
      .regex(/^s\d+(-s\d+)?(:c\d+([.,]c\d+)*)?$/, {
        error: ({ input }) => field.message(`${shown(input)} is not a level of SELinux`, "write s0, or s0:c123,c456"),
      })
      .optional()
      .meta({
        takes: "a level such as `s0` or `s0:c123,c456`",
        description:
          "Level of the pods. With the same level a new pod can read what an earlier one has written into the storage directory.",
        otherwise: "the container runtime chooses one for each pod",
        ifWrong:
          "A level that may not read the directory: the collector cannot write its positions and does not start.",
      }),
    type: z
      .enum(types, {
        error: ({ input }) =>
          input === "spc_t"
            ? field.message(
                "spc_t takes every wall of SELinux down",
                "remove it: give the directory the type container_file_t and set alloy:wal.prepare to none (docs/platforms.md)",
              )
            : field.message(`${shown(input)} is not a type for containers`, `write one of ${types.join(", ")}`),
      })
      .optional()
      .meta({
        takes: types.map((word) => `\`${word}\``).join(", "),
        description: "Type of the pods.",
        otherwise: "the container runtime's, which is `container_t`",
        ifWrong: "A type that the node's policy does not have: the pods do not start.",
      }),
  })
  .prefault({})
  .meta({ description: "SELinux label of the collectors, for nodes that enforce it (docs/platforms.md)." });
