// No build and no type check: the TypeScript is loaded as it is, from beside this file wherever the engine starts it.
// Packages come first, since tsx reads every file that is loaded after it: measured, that doubles the time to start.
for (const library of ["@pulumi/policy", "@pulumi/pulumi", "re2js", "zod"]) require(library);
require("tsx/cjs");
require("./pack.ts");
