#!/usr/bin/env node
const fs = require("node:fs");
const path = require("node:path");

const { version } = require("../package.json");

// The package holds JavaScript. A checkout holds TypeScript, which is run in this process: the command tsx starts a
// second one, which costs 0.3 s.
const checkout = fs.existsSync(path.join(__dirname, "main.ts"));
if (checkout) require("tsx/cjs");
const { main } = require(checkout ? "./main" : "../dist/commands/main.js");

void main(process.argv.slice(2), version);
