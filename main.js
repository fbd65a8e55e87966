// What the engine starts: index.ts, as one file that is made when a source has changed.
require("./loading/lazy-packages").loadLazily();
module.exports = require("./loading/load").load("index.ts");
