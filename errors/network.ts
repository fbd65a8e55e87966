import { UserError } from "../kit/user-error";

/** The system's and Node's own codes of a connection that did not come about, and what each means. */
const meanings: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name could not be looked up",
  EHOSTUNREACH: "there is no way to that address",
  ENETUNREACH: "there is no way to that network",
  ETIMEDOUT: "it did not answer in time",
  UND_ERR_CONNECT_TIMEOUT: "it did not answer in time",
  UND_ERR_HEADERS_TIMEOUT: "it did not answer in time",
  UND_ERR_SOCKET: "the connection was cut",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate comes from an authority that is not known here",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

interface NetworkError extends Error {
  code?: string;
  address?: string;
  hostname?: string;
  port?: number;
  cause?: unknown;
  errors?: readonly unknown[];
}

/**
 * A server that could not be reached, as a report for a person; undefined for any other error. The safety net below the
 * places that know which server it was and which setting names it.
 */
export function explainNetworkError(error: unknown): UserError | undefined {
  if (!(error instanceof Error) || error instanceof UserError) return undefined;
  const { code, address, hostname, port, cause, errors = [] } = error as NetworkError;
  const meaning = code === undefined ? undefined : meanings[code];
  if (meaning === undefined || code === undefined) {
    // fetch and a name with several addresses wrap what has happened.
    for (const inner of [cause, ...errors]) {
      const found = explainNetworkError(inner);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const host = hostname ?? address;
  const place = host === undefined ? "a server" : `${host}${port === undefined ? "" : `:${port}`}`;
  return UserError.cannotTell(
    place,
    "",
    `cannot be reached: ${meaning} (${code})`,
    "check whether it runs and whether this machine can reach it (VPN, proxy), then run the same command again",
    "what was done until then stays",
  );
}
