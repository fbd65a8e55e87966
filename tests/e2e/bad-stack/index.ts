import * as fs from "node:fs";
import * as path from "node:path";

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

interface BadObject extends Record<string, unknown> {
  apiVersion: string;
  kind: string;
}

/** One bad stack of bad-stacks.yaml; what refuses it is for the test to read. */
interface BadStack {
  resources: Record<string, BadObject>;
}

class BadResource extends pulumi.CustomResource {}

const own = new pulumi.Config("bad-stack").get("context");
const context = own ?? new pulumi.Config("alloy").requireObject<{ context: string }>("kubernetes").context;
const provider = new k8s.Provider("kubernetes", { kubeconfig: "", context });

const { stacks } = parse(fs.readFileSync(path.join(__dirname, "..", "..", "policy", "bad-stacks.yaml"), "utf8"), {
  merge: true,
}) as {
  stacks: Record<string, BadStack>;
};
const name = process.env["BAD_STACK"] ?? "several";
const stack = stacks[name];
if (stack === undefined) throw new pulumi.RunError(`bad-stacks.yaml has no stack ${name}`);

for (const [logicalName, object] of Object.entries(stack.resources)) {
  const module = object.apiVersion.includes("/") ? object.apiVersion : `core/${object.apiVersion}`;
  new BadResource(`kubernetes:${module}:${object.kind}`, logicalName, object, { provider });
}
