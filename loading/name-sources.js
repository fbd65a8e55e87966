const fs = require("node:fs");
const { SourceMap } = require("node:module");
const path = require("node:path");

const { root } = require("./fresh");

/**
 * Says in the stack of an error where the source is, and not where in a bundle. The map is read when a stack is, which is
 * where a mistake of the program is reported.
 */
function nameSources(bundle) {
  let map;
  const named = (frame) => {
    const [line, column] = [frame.getLineNumber(), frame.getColumnNumber()];
    if (frame.getFileName() !== bundle || line === null || column === null) return frame.toString();
    map ??= new SourceMap(JSON.parse(fs.readFileSync(`${bundle}.map`, "utf8")));
    const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1);
    if (originalSource === undefined) return frame.toString();
    // The map's paths start where the bundle lies.
    const file = path.resolve(path.dirname(bundle), originalSource);
    return frame
      .toString()
      .replace(
        `${bundle}:${line}:${column}`,
        `${file.replace(`${root}/`, "")}:${originalLine + 1}:${originalColumn + 1}`,
      );
  };
  Error.prepareStackTrace = (error, frames) => [String(error), ...frames.map(named)].join("\n    at ");
}

module.exports = { nameSources };
