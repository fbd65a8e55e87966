import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline/promises";

import { repoRoot } from "../kit/repo-root";
import { UserError, type Problem } from "../kit/user-error";
import { stackFile } from "../settings/parse-settings";
import { checkStackText } from "../operations/new-stack/check-stack-text";
import { runCommand, type Flags } from "./command";
import { newStackText, type StackAnswers } from "../operations/new-stack/stack-file-text";

interface Question {
  answer: keyof StackAnswers;
  flag: string;
  ask: string;
  /** Taken where nothing is answered; undefined where an answer is needed. */
  fallback?: (given: Partial<StackAnswers>, stack: string) => string;
  /** False: has no meaning with what was answered so far. */
  applies?: (given: Partial<StackAnswers>) => boolean;
}

const fromVault = ({ credentials }: Partial<StackAnswers>): boolean => credentials === "secret";

const questions: Question[] = [
  {
    answer: "environment",
    flag: "environment",
    ask: "Environment (production, staging, local): how strict policies are and what is protected",
  },
  { answer: "clusterName", flag: "cluster", ask: "Name of the Kubernetes cluster, label `cluster` of every line" },
  { answer: "lokiTenant", flag: "tenant", ask: "Loki's tenant", fallback: (_, stack) => stack },
  {
    answer: "context",
    flag: "context",
    ask: "Context of the kubeconfig",
    fallback: ({ clusterName, environment }) => (environment === "local" ? "" : (clusterName ?? "")),
  },
  {
    answer: "credentials",
    flag: "credentials",
    ask: "Loki's credential: none, secret (from Vault) or existing (a Secret that is there)",
    fallback: () => "none",
  },
  { answer: "vaultAddress", flag: "vault", ask: "Vault's address", applies: fromVault },
  {
    answer: "vaultPath",
    flag: "vault-path",
    ask: "Folder in Vault",
    fallback: (_, stack) => `detectviz/${stack}/alloy`,
    applies: fromVault,
  },
  { answer: "terraform", flag: "terraform", ask: "Terraform's file to agree with", fallback: () => "" },
];

const flags: Flags = Object.fromEntries(
  questions.map(({ flag }) => [flag, { type: "string" as const, value: flag.toUpperCase().replace("-", "_") }]),
);

/**
 * `npm run new-stack -- NAME`: writes Pulumi.NAME.yaml, asking for what no flag says. Without a terminal what has no
 * default has to be a flag. The file is checked before it is written.
 */
runCommand(
  "new-stack",
  ["NAME"],
  async ({ positionals: [stack = ""], values }) => {
    const file = stackFile(stack);
    const place = path.join(repoRoot, file);
    const refuse = (problem: string, remedy: string): UserError =>
      UserError.of(file, "", problem, remedy, "nothing was written");
    // The engine's own rule for names of stacks.
    if (!/^[A-Za-z0-9._-]{1,100}$/.test(stack))
      throw refuse(
        `${JSON.stringify(stack)} cannot be a stack's name`,
        "use letters, digits, dots, dashes, underscores",
      );
    if (fs.existsSync(place)) throw refuse("is there already", "choose another name, or edit the file");
    const given = Object.fromEntries(
      questions.flatMap(({ answer, flag }) => {
        const value = values[flag];
        return typeof value === "string" ? [[answer, value]] : [];
      }),
    ) as Partial<StackAnswers>;
    const answers = process.stdin.isTTY ? await askFor(given, stack) : fillIn(given, stack);
    const text = newStackText(answers);
    checkStackText(stack, text);
    fs.writeFileSync(place, text, { flag: "wx" });
    console.log(text);
    console.log(`${file} is written. Next:`);
    console.log(`  npm run golden:update        # what it declares, as tests/golden/${stack}.json, to be committed`);
    console.log(`  npm run preview -- ${stack}`);
  },
  flags,
);

async function askFor(given: Partial<StackAnswers>, stack: string): Promise<StackAnswers> {
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
  const answers = { ...given };
  try {
    for (const { answer, ask, fallback, applies } of questions) {
      if (answers[answer] !== undefined || applies?.(answers) === false) continue;
      const usual = fallback?.(answers, stack);
      let text = "";
      do {
        text = (await terminal.question(`${ask}${usual === undefined ? "" : ` [${usual}]`}: `)).trim();
      } while (text === "" && usual === undefined);
      answers[answer] = text === "" ? usual : text;
    }
  } finally {
    terminal.close();
  }
  return complete(answers);
}

function fillIn(given: Partial<StackAnswers>, stack: string): StackAnswers {
  const answers = { ...given };
  const missing: Problem[] = [];
  for (const { answer, flag, ask, fallback, applies } of questions) {
    if (answers[answer] !== undefined || applies?.(answers) === false) continue;
    if (fallback === undefined)
      missing.push({ file: "npm run new-stack", key: `--${flag}`, problem: "is missing", remedy: `add it: ${ask}` });
    else answers[answer] = fallback(answers, stack);
  }
  if (missing.length > 0) throw new UserError(missing, "nothing was written");
  return complete(answers);
}

function complete(answers: Partial<StackAnswers>): StackAnswers {
  return Object.fromEntries(questions.map(({ answer }) => [answer, answers[answer] ?? ""])) as unknown as StackAnswers;
}
