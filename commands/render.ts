import type * as operation from "../operations/recording/render";
import { stackPlace } from "./command-line/stack";
import { defineVerb } from "./command-line/verb";

export const verb = defineVerb({
  name: "render",
  summary: "Print the Kubernetes objects that a stack would create",
  description: [
    "Runs the program for one stack without an engine, a cluster or Vault, and prints its Kubernetes objects as YAML. " +
      "Secret values are shown as [secret]. If you deploy with Kustomize or ArgoCD, --kustomize writes a base for it; " +
      "Pulumi must then not deploy the same stack to the same cluster.",
  ],
  arguments: { stack: { meaning: "the stack" } },
  flags: {
    out: { meaning: "Write the YAML to this file, not to standard output", value: "FILE" },
    kustomize: { meaning: "Write a Kustomize base into this folder, one file per object", value: "FOLDER" },
  },
  json: "a list of the objects",
  examples: [
    { line: "npx alloyctl render production", meaning: "read what would be created" },
    { line: "npx alloyctl render production --kustomize base", meaning: "hand it to ArgoCD" },
  ],
  exitCodes: { 0: "the objects are printed or written", 1: "the stack's settings are refused" },
  run: async ({ arguments: { stack }, flags: { out, kustomize } }) => {
    const { renderStack, writeKustomizeBase, writeOut } = require("../operations/recording/render") as typeof operation;
    const place = stackPlace(stack);
    const rendered = await renderStack(place);
    if (kustomize !== undefined) console.error(writeKustomizeBase(place, rendered, kustomize));
    if (out !== undefined) {
      writeOut("--out", out, rendered.yaml);
      console.error(`${out}: ${rendered.objects.length} objects of stack ${stack}`);
    }
    const text = out === undefined && kustomize === undefined ? rendered.yaml : "";
    return { text, json: rendered.objects };
  },
});
