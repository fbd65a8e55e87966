#!/usr/bin/env node
// npm links the commands of a workspace into node_modules/.bin, but not those of the repository's own package: without
// this one, each `npx alloyctl` in the checkout would make a package of the checkout first, which takes a second.
require("../../../commands/alloyctl.js");
