import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

import type { CredentialFile } from "../pipeline/credential-files";
import { UserError } from "../settings/errors";
import { explainError, type ErrorPlace } from "./known-errors";

/** One secret in Vault's KV v2 and what it must hold. */
export interface CredentialSource {
  file: CredentialFile;
  place: ErrorPlace & { vault: { address: string; mount: string; path: string } };
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
  const read = (): Promise<string> =>
    vault.kv.getSecretV2({ mount, name }, opts).then(
      (result) => asRunError(() => credentialText(source, result.data)),
      (error: unknown) => asRunError(() => explainReadError(source, error)),
    );
  return pulumi.secret(after === undefined ? pulumi.output(read()) : after.id.apply(read));
}

/** The text of a credential's file from what Vault holds. Throws a UserError that names each missing or empty key. */
export function credentialText({ file, place }: CredentialSource, data: Record<string, unknown> | undefined): string {
  const { address, mount, path } = place.vault;
  const where = { file: `Vault at ${address}` };
  const write = `write it: vault kv patch -mount=${mount} ${path} `;
  const held = Object.entries(data ?? {});
  if (held.length === 0)
    throw UserError.of(
      where.file,
      `${mount}/${path}`,
      "the newest version of this secret is deleted or empty",
      `bring it back (vault kv undelete -mount=${mount} -versions=N ${path}) or write a new version`,
    );
  const values = new Map(held);
  const problems = file.fields.flatMap((field) => {
    const value = values.get(field);
    const key = `${mount}/${path}: ${field}`;
    if (value === undefined || value === null)
      return [{ ...where, key, problem: "this key is missing", remedy: `${write}${field}=…` }];
    if (typeof value !== "string" || value === "")
      return [{ ...where, key, problem: "this key is empty or not text", remedy: `${write}${field}=…` }];
    return [];
  });
  if (problems.length > 0) throw new UserError(problems);
  if (file.kind === "bearer") return String(values.get("token"));
  return JSON.stringify({ username: values.get("username"), password: values.get("password") });
}

function explainReadError(source: CredentialSource, error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  const problem = explainError(text, source.place);
  if (problem) throw new UserError([problem]);
  throw error;
}

// A UserError that is thrown inside an Output would be printed with a stack; RunError is printed as it stands.
function asRunError<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof UserError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
