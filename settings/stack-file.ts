import * as fs from "node:fs";
import * as path from "node:path";

import { UserError } from "../kit/user-error";
import { shortStackName, stackFile } from "./parse-settings";
import { refuseMisplaced, refuseTwice } from "./stack-file-keys";
import { readYaml } from "./yaml-document";

/** Stands for an encrypted value, which nobody can read without the stack's key. */
export const encrypted = "[encrypted]";

/** Stack config as the engine would hand it to the program, read without an engine. */
export interface StackFileConfig {
  /** `alloy:key` to text, objects as JSON text: the shape of `pulumi.runtime.allConfig()`. */
  config: Record<string, string>;
  /** Keys that hold an encrypted value, whole or in part. */
  secretKeys: Set<string>;
  /** `Pulumi.<stack>.yaml` */
  file: string;
  /** Pulumi ESC environments that the engine adds to `config`. Nothing of them is in it here. */
  environments: string[];
}

/**
 * Reads Pulumi.<stack>.yaml and the defaults of Pulumi.yaml. Two kinds of value differ from the engine's, which reads
 * YAML 1.1 in part: `010` (8 there) and `2024-01-01` (a timestamp there). Neither means anything to a key of ours.
 *
 * @param stack its name, or ORG/NAME or ORG/PROJECT/NAME as Pulumi Cloud has it
 * @param dir the folder of the file
 * @param projectDir the folder of Pulumi.yaml
 * @throws UserError if the stack has no file, a file is not YAML, or a key is misplaced or there twice
 */
export function readStackFile(stack: string, dir: string, projectDir: string = dir): StackFileConfig {
  const file = stackFile(stack);
  const project = readYaml(path.join(projectDir, "Pulumi.yaml"), "Pulumi.yaml");
  const projectName = typeof project["name"] === "string" ? project["name"] : "alloy";
  refuseUnknownStack(stack, dir, projectName);
  const content = readYaml(path.join(dir, file), file);
  refuseMisplaced(content, file);
  const [own, declared] = [record(content["config"]), record(project["config"])];
  refuseTwice(Object.keys(own), projectName, file);
  refuseTwice(Object.keys(declared), projectName, "Pulumi.yaml");
  const values = { ...projectDefaults(declared, projectName), ...qualified(own, projectName) };
  const config: Record<string, string> = {};
  const secretKeys = new Set<string>();
  for (const [key, value] of Object.entries(values)) {
    const { plain, secret } = withoutSecrets(value);
    config[key] = typeof plain === "string" ? plain : plain === null ? "" : JSON.stringify(plain);
    if (secret) secretKeys.add(key);
  }
  return { config, secretKeys, file, environments: environmentsOf(content["environment"], file) };
}

/** The config alone, for callers that only pass it on; encrypted values are `[encrypted]`. See readStackFile. */
export const readStackConfig = (stack: string, dir: string): Record<string, string> => readStackFile(stack, dir).config;

/** The stacks that have a file in a folder, in alphabetical order. */
export function stacksIn(dir: string): string[] {
  return fs
    .readdirSync(dir)
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .sort();
}

function refuseUnknownStack(stack: string, dir: string, projectName: string): void {
  const parts = stack.split("/");
  const named = parts.length <= 3 && parts.every((part) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(part));
  const file = stackFile(stack);
  const known = stacksIn(dir);
  if (!named || !known.includes(shortStackName(stack)))
    throw UserError.of(
      named ? file : stack,
      "",
      `there is no stack ${JSON.stringify(named ? shortStackName(stack) : stack)}`,
      [...(known.length > 0 ? [`use one of ${known.join(", ")}`] : []), ...(named ? [`write ${file}`] : [])].join(
        ", or ",
      ) || "name a stack",
    );
  const [, project] = parts;
  if (parts.length === 3 && project !== projectName)
    throw UserError.of(file, "", `${stack} is a stack of project ${project}`, `this project is ${projectName}`);
}

type Mapping = Record<string, unknown>;

const isRecord = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const record = (value: unknown): Mapping => (isRecord(value) ? value : {});

/** Keys without a namespace belong to the project. */
const qualified = (values: Mapping, project: string): Mapping =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]),
  );

/** Pulumi.yaml: our keys carry a type and a `default`, other namespaces' keys a `value`. */
function projectDefaults(declared: Mapping, project: string): Mapping {
  const values = Object.entries(qualified(declared, project)).map(([key, declaration]) => {
    if (!isRecord(declaration)) return [key, declaration];
    return [key, "value" in declaration ? declaration["value"] : declaration["default"]];
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Mapping;
}

/** The names of the environments: a list of names or of { NAME: options }, or an environment written in the file. */
function environmentsOf(value: unknown, file: string): string[] {
  if (value === undefined || value === null) return [];
  if (isRecord(value)) return [...environmentsOf(value["imports"], file), "the environment in this file"];
  if (Array.isArray(value)) return value.flatMap((one) => (isRecord(one) ? Object.keys(one) : String(one)));
  throw UserError.of(file, "environment", "is not a list of environments", "write it in YAML as [project/name]");
}

/** A value with `{ secure: … }` replaced at any depth. */
export function withoutSecrets(value: unknown): { plain: unknown; secret: boolean } {
  let secret = false;
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (!isRecord(part)) return part;
    if (Object.keys(part).length === 1 && typeof part["secure"] === "string") {
      secret = true;
      return encrypted;
    }
    // The engine hands the keys of an object over in alphabetical order.
    const keys = Object.keys(part).sort();
    return Object.fromEntries(keys.map((key) => [key, walk(part[key])]));
  };
  return { plain: walk(value), secret };
}
