// No build by hand and no type check: the TypeScript is made into one file when it has changed.
require("../loading/lazy-packages").loadLazily();
require("../loading/load").load("policy/pack.ts");
