import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

import type { Credential } from "../pipeline/credential-files";
import { credentialFaults } from "./credential-faults";
import { UserError } from "../kit/user-error";
import { explainError, type ErrorPlace } from "../errors/explain-error";
import { orRunError } from "../errors/run-error";

/** One secret in Vault's KV v2 and what it must hold. */
export interface CredentialSource {
  credential: Credential;
  place: ErrorPlace & { vault: { address: string; mount: string; path: string } };
  /** The version that is read; the newest without. */
  version?: number;
  /** `up`: a preview looks at the names of the keys only, and the value is unknown there. */
  readAt: "preview" | "up";
}

/**
 * Reads one credential and gives it back as the text of its file, marked secret: the one place where that happens.
 * Vault's invokes give secret data as plain values (measured with plugin 7.8.0), so without the mark it would be in
 * stack outputs, diffs and state.
 *
 * @param after a resource that writes the secret first; until it exists the value is unknown, and nothing is read
 * @throws RunError in the program's run where Vault refuses, or a key is missing or empty
 */
export function readCredential(
  source: CredentialSource,
  opts: pulumi.InvokeOptions,
  after?: pulumi.CustomResource,
): pulumi.Output<string> {
  const { mount, path: name } = source.place.vault;
  const where = { mount, name, version: source.version };
  const { stackFile } = source.place;
  const explain = (error: unknown): never => orRunError(stackFile, () => throwReadProblem(source, error));
  const readValue = (): Promise<string> =>
    vault.kv
      .getSecretV2(where, opts)
      .then((result) => orRunError(stackFile, () => credentialText(source, heldIn(result))), explain);
  const lookAtKeys = (): Promise<string> =>
    vault.kv.getSecretSubkeysV2(where, opts).then((result) => {
      orRunError(stackFile, () => checkKeys(source, result.dataJson));
      return unknownText;
    }, explain);
  const read = source.readAt === "up" && pulumi.runtime.isDryRun() ? lookAtKeys : readValue;
  return pulumi.secret(after === undefined ? pulumi.output(read()) : after.id.apply(() => pulumi.output(read())));
}

/**
 * What Vault holds, each value of its own kind. The provider's `data` makes text of everything, so that a credential
 * which is an object would pass for a text; `dataJson` is as it was written.
 */
export function heldIn({
  data,
  dataJson,
}: {
  data?: Record<string, unknown>;
  dataJson?: string;
}): Record<string, unknown> {
  const written = dataJson ? (JSON.parse(dataJson) as Record<string, unknown> | null) : data;
  return written ?? {};
}

// What the engine shows as a value that only `up` will know. The SDK types its marker as a thing of its own.
const unknownText = pulumi.unknown as unknown as string;

/**
 * Looks whether a secret has each key that is needed, without its values. Throws a UserError that names those missing.
 *
 * @param subkeys the keys as Vault lists them: a JSON object whose leaves are null; `null` for a deleted version. A key
 *   that holds an object has the keys of that object below it
 */
export function checkKeys(source: CredentialSource, subkeys: string): void {
  const keys = JSON.parse(subkeys === "" ? "null" : subkeys) as Record<string, unknown> | null;
  // A leaf stands for a value that is there; whether it is empty, nobody can see.
  const seen = Object.entries(keys ?? {}).map(([key, below]) => [key, below ?? "there"] as const);
  fieldsIn(source, Object.fromEntries(seen));
}

/**
 * The text of a credential's file from what Vault holds. Throws a UserError that names each key that is missing or empty,
 * or whose value no server would accept.
 */
export function credentialText(source: CredentialSource, data: Record<string, unknown> | undefined): string {
  const { credential, place } = source;
  const { address, mount, path } = place.vault;
  const values = fieldsIn(source, data);
  const faults = credentialFaults(credential.kind, values);
  if (faults.length > 0)
    throw new UserError(
      faults.map(({ field, problem, hint }) => ({
        file: `Vault at ${address}`,
        key: `${mount}/${path}: ${field}`,
        problem,
        remedy: `write it again ${hint}: vault kv patch -mount=${mount} ${path} ${field}=…`,
      })),
    );
  return credential.kind === "bearer" ? (values["token"] ?? "") : JSON.stringify(values);
}

/** The credential's own keys, each of which has to be a text. */
function fieldsIn(
  { credential, place, version }: CredentialSource,
  data: Record<string, unknown> | undefined,
): Record<string, string> {
  const { address, mount, path } = place.vault;
  const where = { file: `Vault at ${address}` };
  const write = `write it: vault kv patch -mount=${mount} ${path} `;
  const held = Object.entries(data ?? {});
  if (held.length === 0)
    throw UserError.of(
      where.file,
      `${mount}/${path}`,
      `${version === undefined ? "the newest version" : `version ${version}`} of this secret is deleted or empty`,
      `bring it back (vault kv undelete -mount=${mount} -versions=${version ?? "N"} ${path}) or ${version === undefined ? "write a new version" : "set another one in alloy:credentials.versions"}`,
    );
  const values = new Map(held);
  const others = held.map(([key]) => key).filter((key) => !credential.fields.includes(key));
  const there = others.length === 0 ? "" : ` (there are ${others.sort().join(", ")})`;
  const problems = credential.fields.flatMap((field) => {
    const value = values.get(field);
    const key = `${mount}/${path}: ${field}`;
    if (value === undefined || value === null)
      return [{ ...where, key, problem: `this key is missing${there}`, remedy: `${write}${field}=…` }];
    if (typeof value !== "string" || value === "")
      return [{ ...where, key, problem: "this key is empty or not text", remedy: `${write}${field}=…` }];
    return [];
  });
  if (problems.length > 0) throw new UserError(problems);
  return Object.fromEntries(credential.fields.map((field) => [field, String(values.get(field))]));
}

function throwReadProblem(source: CredentialSource, error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  const problem = explainError(text, source.place);
  if (problem) throw new UserError([problem]);
  throw error;
}
