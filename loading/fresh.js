const fs = require("node:fs");
const path = require("node:path");

/** The checkout. */
const root = path.resolve(__dirname, "..");

/** What a file was like: another one has another time or another size. */
function stampOf(file) {
  const found = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
  return found === undefined ? "none" : `${found.mtimeMs} ${found.size}`;
}

/** The state of files of the checkout, by name. */
const stateOf = (files) => Object.fromEntries(files.map((file) => [file, stampOf(file)]));

/** Whether these files still are as they were; of no file nothing can be said, so it is not fresh. */
function isFresh(state) {
  const files = Object.entries(state);
  return files.length > 0 && files.every(([file, stamp]) => stampOf(file) === stamp);
}

module.exports = { root, stateOf, isFresh };
