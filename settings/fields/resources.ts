import { z } from "zod";

import { ifValid, refuse } from "../cross-field-check";
import { parseQuantity, quantityForm } from "../../kit/units";
import { message, shown, wrongType } from "./wording";

/** CPU and memory of a container: requests and limits, each with a default. */

/** A Kubernetes quantity above zero; YAML's plain numbers become text. */
const quantity = z
  .union([z.string(), z.number().transform(String)], {
    error: ({ input }) => message(wrongType(input, "a quantity"), "write 250m or 512Mi"),
  })
  .refine((value) => (parseQuantity(value) ?? 0) > 0, {
    error: ({ input }) =>
      message(
        `${shown(input)} is not a Kubernetes quantity above zero`,
        "write CPU as 250m or 1, and memory as 512Mi or 1Gi (there is no mb)",
      ),
  })
  .meta({ pattern: quantityForm.source, exclusiveMinimum: 0 });

const within = (least: number, most: number, problem: (value: string) => string, remedy: string) =>
  quantity.refine(
    (value) => {
      const amount = parseQuantity(value);
      return amount === undefined || amount <= 0 || (amount >= least && amount <= most);
    },
    { error: ({ input }) => message(problem(shown(input)), remedy) },
  );

/** CPU in cores: a thousandth or more, and less than any node has. `512Mi` here is memory in the wrong place. */
export const cpu = within(
  1e-3,
  1024,
  (value) => `${value} is not an amount of CPU`,
  "write 250m (a quarter of a core) or 1",
).meta({ takes: "an amount of CPU, such as 250m or 1" });

/** Memory in bytes, a mebibyte or more: `512m` would be half a byte and `512` would be bytes. */
export const memory = within(
  2 ** 20,
  2 ** 50,
  (value) => `${value} is not an amount of memory (m means a thousandth, and no unit means bytes)`,
  "write 512Mi or 1Gi",
).meta({ takes: "an amount of bytes, such as 512Mi or 1Gi" });

/** The length of a line: Loki's default is 256Ki, and a line above 16Mi is no line. */
export const lineLength = within(
  2 ** 10,
  2 ** 24,
  (value) => `${value} is not an amount of bytes that a line has (no unit means bytes)`,
  "write at least 1Ki and at most 16Mi, such as 256Ki",
).meta({ takes: "an amount of bytes, such as 256Ki" });

type ResourceList = Record<"cpu" | "memory", string>;

type Meaning = { description: string; ifWrong: string };

const resourceList = (defaults: ResourceList, meaning: Record<"cpu" | "memory", Meaning>, description: string) =>
  z
    .strictObject({
      cpu: cpu.default(defaults.cpu).meta(meaning.cpu),
      memory: memory.default(defaults.memory).meta(meaning.memory),
    })
    .prefault({})
    .meta({ description });

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

/** An object of requests and limits; a limit below its request is refused. */
export const resourcesOf = (requests: ResourceList, limits: ResourceList) =>
  z
    .strictObject({
      requests: resourceList(
        requests,
        {
          cpu: {
            description: "CPU that the scheduler reserves on every node.",
            ifWrong: "Too much: pods stay Pending on full nodes. Too little: the container starves on a busy node.",
          },
          memory: {
            description: "Memory that the scheduler reserves on every node.",
            ifWrong:
              "Too much: pods stay Pending on full nodes. Too little: they are among the first that a full node evicts.",
          },
        },
        "What the scheduler reserves on every node.",
      ),
      limits: resourceList(
        limits,
        {
          cpu: {
            description: "CPU above which the container is slowed down.",
            ifWrong: "Too low: it falls behind. Below the request: refused.",
          },
          memory: {
            description: "Memory above which the container is killed.",
            ifWrong: "Too low: it is killed and restarts (OOMKilled). Below the request: refused.",
          },
        },
        "What the container may use at most.",
      ),
    })
    .superRefine(limitNotBelowRequest("cpu"), ifValid(["requests", "cpu"], ["limits", "cpu"]))
    .superRefine(limitNotBelowRequest("memory"), ifValid(["requests", "memory"], ["limits", "memory"]))
    .prefault({});
