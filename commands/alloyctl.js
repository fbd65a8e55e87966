#!/usr/bin/env node
// Runs in this process: the command tsx starts a second one, which costs 0.3 s.
require("tsx/cjs");
const { main } = require("./main");

void main(process.argv.slice(2));
