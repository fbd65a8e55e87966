import type { StackAnswers } from "./stack-file-text";

/** One thing that a new stack has to say. */
export interface Question {
  answer: keyof StackAnswers;
  /** The flag that answers it beforehand. */
  flag: string;
  /** What is asked on a terminal, and what `--help` says of the flag. */
  ask: string;
  /** Taken if nothing is answered; undefined if an answer is needed. */
  usual?: (given: Partial<StackAnswers>, stack: string) => string;
  /** False: it has no meaning with what was answered so far. */
  applies?: (given: Partial<StackAnswers>) => boolean;
}

const fromVault = ({ credentials }: Partial<StackAnswers>): boolean => credentials === "secret";

/** In the order in which they are asked: what is usual depends on the answers before. */
export const questions: readonly Question[] = [
  {
    answer: "environment",
    flag: "environment",
    ask: "Environment (production, staging, local): how strict policies are and what is protected",
  },
  { answer: "clusterName", flag: "cluster", ask: "Name of the Kubernetes cluster, label `cluster` of every line" },
  { answer: "lokiTenant", flag: "tenant", ask: "Loki's tenant", usual: (_, stack) => stack },
  {
    answer: "context",
    flag: "context",
    ask: "Context of the kubeconfig",
    usual: ({ clusterName, environment }) => (environment === "local" ? "" : (clusterName ?? "")),
  },
  {
    answer: "credentials",
    flag: "credentials",
    ask: "Loki's credential: none, secret (from Vault) or existing (a Secret that somebody else provides)",
    usual: () => "none",
  },
  { answer: "vaultAddress", flag: "vault", ask: "Vault's address", applies: fromVault },
  {
    answer: "vaultPath",
    flag: "vault-path",
    ask: "Folder in Vault",
    usual: (_, stack) => `detectviz/${stack}/alloy`,
    applies: fromVault,
  },
  { answer: "terraform", flag: "terraform", ask: "Terraform's file to agree with", usual: () => "" },
];
