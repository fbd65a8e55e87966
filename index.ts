import { program } from "./program";

// Pulumi's source maps name its own files without their last folder (node_modules/@pulumi/resource.ts), and Node 20
// never finishes colouring such a line (util.inspect, markNodeModules): each mistake that is reported would cost 25
// seconds and 3 GB. Here the folder is put back.
const mapped = Error.prepareStackTrace?.bind(Error);
if (mapped !== undefined)
  Error.prepareStackTrace = (error, frames) => {
    const trace: unknown = mapped(error, frames);
    return typeof trace === "string" ? trace.replace(/(node_modules\/@pulumi\/)(?=[^/]*$)/gm, "$1pulumi/") : trace;
  };

export = program;
