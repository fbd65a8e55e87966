import type { Gvk } from "./kinds";
import { apiVersionOf } from "./kinds";

/** A `Status` object as the API server answers errors. */
export interface KubernetesStatus {
  code?: number;
  reason?: string;
  message?: string;
  details?: { kind?: string; name?: string; retryAfterSeconds?: number };
}

/** The API server refused. The message is its own. */
export class StatusError extends Error {
  public readonly code: number;
  public readonly reason: string;
  public readonly details: NonNullable<KubernetesStatus["details"]>;

  constructor(status: KubernetesStatus, httpStatus: number) {
    super(messageOf(status, httpStatus));
    this.name = "StatusError";
    this.code = status.code ?? httpStatus;
    this.reason = status.reason ?? "";
    this.details = status.details ?? {};
  }
}

function messageOf(status: KubernetesStatus, httpStatus: number): string {
  // client-go words a 401 itself; the server's own text is only "Unauthorized".
  if (httpStatus === 401) return "the server has asked for the client to provide credentials";
  return status.message || `the server answered HTTP ${httpStatus}`;
}

/** The server does not know the kind: usually a CustomResourceDefinition is missing. */
export class NoMatchError extends Error {
  constructor(gvk: Gvk) {
    super(`no matches for kind ${JSON.stringify(gvk.kind)} in version ${JSON.stringify(apiVersionOf(gvk))}`);
    this.name = "NoMatchError";
  }
}

const hasReason = (error: unknown, reason: string): boolean => error instanceof StatusError && error.reason === reason;

export const isNotFound = (error: unknown): boolean =>
  error instanceof StatusError && (error.reason === "NotFound" || error.code === 404);
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, "AlreadyExists");
export const isConflict = (error: unknown): boolean => hasReason(error, "Conflict");
export const isForbidden = (error: unknown): boolean => hasReason(error, "Forbidden");
export const isNamespaceNotFound = (error: unknown): boolean =>
  isNotFound(error) && error instanceof StatusError && error.details.kind === "namespaces";

/** An admission webhook that cannot run dry: the preview goes on without the server's help. */
export const isDryRunUnsupported = (error: unknown): boolean =>
  error instanceof StatusError && error.code === 400 && /does not support dry run/.test(error.message);

const CONFLICT_HELP =
  "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";

/** Says more about an apply conflict, in the official plugin's words. Other errors stay as they are. */
export function explainConflict(error: unknown, fieldManager: string): Error {
  if (!isConflict(error)) return asError(error);
  return new Error(
    `Server-Side Apply field conflict detected. See ${CONFLICT_HELP} for troubleshooting help.\n` +
      `The resource managed by field manager ${JSON.stringify(fieldManager)} had an apply conflict: ${asError(error).message}`,
    { cause: error },
  );
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
