#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

// In a checkout the commands are TypeScript, which tsx loads in this process: the command tsx would start a second one,
// which costs 0.3 s. The package has them compiled, in dist/.
const inCheckout = existsSync(join(__dirname, "main.ts"));
if (inCheckout) require("tsx/cjs");
const { main } = require(inCheckout ? "./main" : "../dist/commands/main");

void main(process.argv.slice(2));
