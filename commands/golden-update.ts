import * as fs from "node:fs";

import { runCommand } from "./command";
import { goldenFile, goldenNames, goldenText } from "../operations/recording/golden";

/** `npm run golden:update`: writes the golden file of every stack, to be read and committed with the change. */
runCommand("golden:update", [], async () => {
  for (const stack of goldenNames) {
    const file = goldenFile(stack);
    const text = await goldenText(stack);
    const before = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    fs.writeFileSync(file, text);
    console.log(`${stack}: ${before === text ? "unchanged" : "updated, read the diff before you commit it"}`);
  }
});
