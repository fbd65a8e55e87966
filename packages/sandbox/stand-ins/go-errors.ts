/**
 * Words a Node network error as Go's net/http does, since the official plugins are Go programs: whoever maps their
 * messages, or searches for one, finds the same text here.
 */
export function goNetworkError(method: string, url: string, error: unknown): string {
  return `${titleCase(method)} ${JSON.stringify(url)}: ${reason(new URL(url), error)}`;
}

function titleCase(method: string): string {
  return method.charAt(0).toUpperCase() + method.slice(1).toLowerCase();
}

function reason(url: URL, error: unknown): string {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const code = errorCode(error);
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${address(error, host)}:${port}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${address(error, host)}:${port}: connect: no route to host`;
    case "ENETUNREACH":
      return `dial tcp ${address(error, host)}:${port}: connect: network is unreachable`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `dial tcp: lookup ${host}: no such host`;
    case "ECONNRESET":
    case "EPIPE":
      return "EOF";
    case "ETIMEDOUT":
    case "ESOCKETTIMEDOUT":
      return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `tls: failed to verify certificate: x509: certificate is not valid for ${host}`;
    case "CERT_HAS_EXPIRED":
      return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** The address that was tried. Node tries each address of a name and reports them as an AggregateError. */
function address(error: unknown, fallback: string): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const tried = (first as { address?: unknown } | undefined)?.address;
  const host = typeof tried === "string" ? tried : fallback;
  return host.includes(":") ? `[${host}]` : host;
}

/** The system's code of a network error (`ECONNREFUSED`), or undefined. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code === "string") return code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : undefined;
}
