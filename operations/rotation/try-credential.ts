import * as http from "node:http";
import * as https from "node:https";

import type { AuthKind } from "../../pipeline/credential-files";
import type { Backend } from "../../settings/credentials";

/** Where a credential is tried. */
export interface PreflightTarget {
  backend: Backend;
  url: string;
  /** Sent beside those of the protocol, such as the tenant. */
  headers: Readonly<Record<string, string>>;
  /** Whom to trust beside the authorities of this machine; mTLS brings its own along. */
  ca?: string;
}

/** What a backend made of a credential. */
export interface Verdict {
  outcome: "accepted" | "refused" | "unreachable";
  /** `401`, or the network's own words; never anything of the credential. */
  said: string;
}

/** No stream and no sample: nothing is stored, whoever asks. The one of remote write is an empty snappy block. */
const nothing: Record<Backend, { body: Buffer; headers: Record<string, string> }> = {
  loki: { body: Buffer.from('{"streams":[]}'), headers: { "Content-Type": "application/json" } },
  prometheus: {
    body: Buffer.from([0]),
    headers: {
      "Content-Type": "application/x-protobuf",
      "Content-Encoding": "snappy",
      "X-Prometheus-Remote-Write-Version": "0.1.0",
    },
  },
};

/** A push of nothing with this credential: it says whether the door opens, and changes nothing behind it. */
export async function tryCredential(
  target: PreflightTarget,
  kind: AuthKind,
  credential: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const { body, headers } = nothing[target.backend];
  const url = new URL(target.url);
  const options: https.RequestOptions = {
    method: "POST",
    headers: {
      ...headers,
      "Content-Length": body.length,
      ...target.headers,
      ...authorization(kind, credential),
    },
    agent: false,
    ...(target.ca !== undefined && { ca: target.ca }),
    // Said, because NODE_TLS_REJECT_UNAUTHORIZED=0 in somebody's shell would take any server for the right one.
    rejectUnauthorized: true,
    ...(kind === "mtls" && { cert: credential["cert"], key: credential["key"], ca: credential["ca"] }),
    signal: AbortSignal.timeout(15_000),
  };
  try {
    return judge(await send(url, options, body));
  } catch (error) {
    const said =
      error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
    // A server that wants another certificate ends the handshake.
    const refused = kind === "mtls" && /alert|certificate/i.test(said);
    return { outcome: refused ? "refused" : "unreachable", said };
  }
}

/** A status behind the door, whatever the server says of a push of nothing, means that the credential was accepted. */
function judge(status: number): Verdict {
  const said = String(status);
  if (status === 401 || status === 403) return { outcome: "refused", said };
  if (status < 300 || [400, 405, 415, 422].includes(status)) return { outcome: "accepted", said };
  return { outcome: "unreachable", said };
}

function authorization(kind: AuthKind, credential: Readonly<Record<string, string>>): Record<string, string> {
  if (kind === "mtls") return {};
  if (kind === "bearer") return { Authorization: `Bearer ${credential["token"] ?? ""}` };
  const pair = `${credential["username"] ?? ""}:${credential["password"] ?? ""}`;
  return { Authorization: `Basic ${Buffer.from(pair, "utf8").toString("base64")}` };
}

function send(url: URL, options: https.RequestOptions, body: Buffer): Promise<number> {
  const client = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const request = client.request(url, options, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}
