import { UserError } from "../../../kit/user-error";
import { ensureMonitoringTools } from "./monitoring-tools";

/** `npm run sandbox:monitoring-tools`: builds what `tests/deep/alerts` needs ahead of the test, and prints where it is. */
ensureMonitoringTools((tool, text) => process.stderr.write(`${tool}: ${text}\n`)).then(
  (tools) => process.stdout.write(`${Object.values(tools).join("\n")}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof UserError ? error.message : String((error as Error).stack ?? error)}\n`);
    process.exitCode = 1;
  },
);
