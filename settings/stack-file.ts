import * as fs from "node:fs";
import * as path from "node:path";

import { parseDocument } from "yaml";

import { UserError } from "../kit/user-error";
import { shortStackName, stackFile } from "./parse-settings";

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
}

/**
 * Reads Pulumi.<stack>.yaml and the defaults of Pulumi.yaml. Two kinds of value come out otherwise than from the
 * engine, which reads YAML 1.1 in part: `010` (8 there) and `2024-01-01` (a timestamp there). Neither means anything to
 * a key of ours.
 *
 * @param dir the folder of Pulumi.yaml
 * @throws UserError where the stack has no file, or a file is no YAML
 */
export function readStackFile(stack: string, dir: string): StackFileConfig {
  const file = stackFile(stack);
  const known = stacksIn(dir);
  if (!known.includes(shortStackName(stack)))
    throw UserError.of(
      file,
      "",
      `there is no stack ${JSON.stringify(shortStackName(stack))}`,
      known.length > 0 ? `use one of ${known.join(", ")}, or write ${file}` : `write ${file}`,
    );
  const content = readYaml(dir, file);
  refuseOutsideConfig(content, file);
  const project = readYaml(dir, "Pulumi.yaml");
  const projectName = typeof project["name"] === "string" ? project["name"] : "alloy";
  const values = {
    ...projectDefaults(record(project["config"]), projectName),
    ...qualified(record(content["config"]), projectName),
  };
  const config: Record<string, string> = {};
  const secretKeys = new Set<string>();
  for (const [key, value] of Object.entries(values)) {
    const { plain, secret } = withoutSecrets(value);
    config[key] = typeof plain === "string" ? plain : plain === null ? "" : JSON.stringify(plain);
    if (secret) secretKeys.add(key);
  }
  return { config, secretKeys, file };
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

type Mapping = Record<string, unknown>;

const isRecord = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const record = (value: unknown): Mapping => (isRecord(value) ? value : {});

/** The engine passes such a key over without a word, and the setting would keep its default. */
function refuseOutsideConfig(content: Mapping, file: string): void {
  const misplaced = Object.keys(content).filter((key) => key.includes(":"));
  if (misplaced.length === 0) return;
  throw new UserError(
    misplaced.map((key) => ({ file, key, problem: "is outside `config:`", remedy: "indent it under `config:`" })),
  );
}

function readYaml(dir: string, file: string): Mapping {
  const document = parseDocument(fs.readFileSync(path.join(dir, file), "utf8"));
  const error = document.errors[0];
  if (error) throw UserError.of(file, "", `is not YAML: ${error.message.split("\n")[0] ?? ""}`, "mend it at that line");
  return record(document.toJS());
}

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

/** A value with `{ secure: … }` replaced at any depth. */
function withoutSecrets(value: unknown): { plain: unknown; secret: boolean } {
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
