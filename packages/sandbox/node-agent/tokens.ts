import type { KubeApi } from "../servers/cluster/kube-api";
import { tokenMode } from "./security";
import type { Pod } from "./pod-types";
import type { FileSource, Token } from "./volumes";

type TokenSource = Extract<FileSource, { kind: "token" }>;

interface IssuedToken {
  token: string;
  issuedAt: number;
  expiresAt: number;
}

/** Service account tokens of one pod, requested for it and renewed in time. */
export class PodTokens {
  private readonly issued = new Map<string, IssuedToken>();

  constructor(
    private readonly api: KubeApi,
    private readonly pod: Pod,
  ) {}

  /** Requests what is missing or due; after it, {@link get} has a valid token for each source. */
  async refresh(sources: readonly TokenSource[], now = Date.now()): Promise<void> {
    for (const source of sources) {
      const key = keyOf(source);
      const token = this.issued.get(key);
      if (token === undefined || isDue(token, now)) this.issued.set(key, await this.request(source));
    }
  }

  get(source: TokenSource): Token {
    const issued = this.issued.get(keyOf(source));
    if (issued === undefined) throw new Error(`no token was requested for ${source.path}`);
    return { token: issued.token, ...tokenMode(this.pod) };
  }

  private async request(source: TokenSource): Promise<IssuedToken> {
    const { metadata, spec } = this.pod;
    const account = spec.serviceAccountName ?? "default";
    const issuedAt = Date.now();
    const answer = await this.api.request<{ status: { token: string; expirationTimestamp: string } }>(
      "POST",
      `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${account}/token`,
      {
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: {
            audiences: source.audience === undefined ? undefined : [source.audience],
            expirationSeconds: source.expirationSeconds,
            // Bound to the pod: it ends with it.
            boundObjectRef: { apiVersion: "v1", kind: "Pod", name: metadata.name, uid: metadata.uid },
          },
        },
      },
    );
    return { token: answer.status.token, issuedAt, expiresAt: Date.parse(answer.status.expirationTimestamp) };
  }
}

/** A token is renewed after 80 % of its life, or after a day, as a kubelet does. */
export function isDue(token: { issuedAt: number; expiresAt: number }, now: number): boolean {
  const life = token.expiresAt - token.issuedAt;
  return now >= token.issuedAt + Math.min(0.8 * life, 24 * 3600 * 1000);
}

function keyOf(source: TokenSource): string {
  return `${source.path} ${source.audience ?? ""} ${source.expirationSeconds}`;
}
