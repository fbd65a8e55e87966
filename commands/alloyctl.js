#!/usr/bin/env node
const fs = require("node:fs");
const path = require("node:path");

const { version } = require("../package.json");

// The package holds JavaScript. A checkout holds TypeScript.
const checkout = fs.existsSync(path.join(__dirname, "main.ts"));
const { main } = checkout
  ? require("../loading/load").load("commands/main.ts", { stacks: true })
  : require("../dist/commands/main.js");

void main(process.argv.slice(2), version);
