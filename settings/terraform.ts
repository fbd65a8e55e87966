import { z } from "zod";

import * as field from "./fields";
import { wrongType } from "./fields/wording";

const terraformSource = field.name("a .tfvars, .tfvars.json or .tf file, a folder of them, or terraform output -json");

/** `alloy:terraform`: Terraform's values, with which the stack has to agree. */
export const terraform = z
  .strictObject({
    from: z
      .union([terraformSource.transform((one) => [one]), z.array(terraformSource).min(1)], {
        error: ({ input }) =>
          field.message(wrongType(input, "a file or a list of files"), "write a file, or [first, second]"),
      })
      .meta({
        takes: "a file or folder, or a list of them",
        description:
          "Terraform's values: .tfvars, .tfvars.json or .tf files, folders of them, or the output of `terraform output -json`. Paths are relative to Pulumi.yaml. If a value is in several of them, the last one counts; a default counts only if none of them sets the variable.",
        ifWrong: "A file that cannot be read: nothing is deployed. A value that differs: nothing is deployed.",
      }),
    map: field.name("the mapping file").default("terraform.map.yaml").meta({
      description: "File that maps Terraform's names to settings.",
      ifWrong: "A file that cannot be read, or a setting that does not exist: nothing is deployed.",
    }),
  })
  .optional()
  .meta({
    description: "Terraform's values. `preview` and `up` refuse a stack that contradicts them (docs/operations.md).",
    otherwise: "nothing is compared",
  });
