import * as path from "node:path";

/** The folder that this program lies in: the checkout, or the installed package. */
export const repoRoot = path.resolve(__dirname, "..");
