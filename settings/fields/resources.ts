import { z } from "zod";

import * as field from ".";
import { reading, refuse } from "../cross-field-check";
import { parseQuantity } from "../../kit/units";

/** CPU and memory of a container: requests and limits, each with a default. */

type ResourceList = Record<"cpu" | "memory", string>;

const resourceList = ({ cpu, memory }: ResourceList) =>
  z.strictObject({ cpu: field.cpu.default(cpu), memory: field.memory.default(memory) }).prefault({});

const limitNotBelowRequest =
  (name: keyof ResourceList) =>
  ({ requests, limits }: Record<"requests" | "limits", ResourceList>, context: z.core.$RefinementCtx) => {
    if ((parseQuantity(limits[name]) ?? 0) < (parseQuantity(requests[name]) ?? 0))
      refuse(
        context,
        `limits.${name}`,
        `the limit ${limits[name]} is below the request ${requests[name]}`,
        "raise the limit or lower the request",
      );
  };

/** A group of requests and limits; a limit below its request is refused. */
export const resourcesOf = (requests: ResourceList, limits: ResourceList) =>
  z
    .strictObject({
      /** What the scheduler sets aside on every node. */
      requests: resourceList(requests),
      /** Above the CPU limit the container is slowed down, above the memory limit it is killed. */
      limits: resourceList(limits),
    })
    .superRefine(limitNotBelowRequest("cpu"), reading(["requests", "cpu"], ["limits", "cpu"]))
    .superRefine(limitNotBelowRequest("memory"), reading(["requests", "memory"], ["limits", "memory"]))
    .prefault({});
