import { z } from "zod";

import * as field from "./fields";
import { valueKind } from "./fields/wording";

const terraformSource = field.name("a .tfvars, .tfvars.json or .tf file, a folder of them, or terraform output -json");

/** Terraform's values, with which the stack has to agree. Not set: nothing is compared. */
export const terraform = z
  .strictObject({
    /** One file or folder, or several of which a later one wins; relative to Pulumi.yaml. */
    from: z.union([terraformSource.transform((one) => [one]), z.array(terraformSource).min(1)], {
      error: ({ input }) =>
        field.message(
          input === undefined ? "is missing" : `is ${valueKind(input)} where a file belongs`,
          "write a file, or [first, second]",
        ),
    }),
    /** Which of Terraform's names is which setting. */
    map: field.name("the mapping file").default("terraform.map.yaml"),
  })
  .optional();
