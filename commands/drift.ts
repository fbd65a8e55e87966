import { UserError } from "../kit/user-error";
import { stackFile } from "../settings/parse-settings";
import { runCommand } from "./command";
import { driftTable } from "../operations/drift/findings";
import { findDrift } from "../operations/drift/find-drift";

/**
 * `npm run drift -- STACK`: what in the cluster and in Vault is not as the stack says, as a table. Exit code 0: nothing;
 * 1: something; 2: nobody could look. Changes nothing, neither there nor in the state.
 */
runCommand(
  "drift",
  ["STACK"],
  async ({ positionals: [stack = ""], values }) => {
    const drifts = await findDrift(stack);
    if (drifts === undefined)
      throw UserError.of(
        stackFile(stack),
        "",
        "the engine could not compare; what it said stands above",
        "mend that first",
        "nothing was changed",
      );
    if (values["json"] === true)
      console.log(
        JSON.stringify(
          drifts.map(({ added: _, ...drift }) => drift),
          undefined,
          2,
        ),
      );
    else if (drifts.length === 0) console.log(`${stack}: everything is as the stack says`);
    else {
      console.log(driftTable(drifts));
      const fields = drifts.length === 1 ? "1 field is" : `${drifts.length} fields are`;
      console.log(`\n${fields} not as the stack says. npm run up -- ${stack} --restore puts them back.`);
    }
    process.exitCode = drifts.length > 0 ? 1 : 0;
  },
  { json: { type: "boolean" } },
  2,
);
