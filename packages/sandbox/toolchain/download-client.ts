import type { Response } from "undici";

/** A failure of one request, in words, and whether it is worth another try. */
export class FetchError extends Error {
  constructor(
    message: string,
    readonly temporary: boolean,
  ) {
    super(message);
  }
}

/** Asks servers, through the proxy that the environment names (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
export interface Client {
  /**
   * One request; redirects are followed, but never from https to http.
   *
   * @throws FetchError where there is no answer, or one that is no success
   */
  get(url: string, options: { signal: AbortSignal; headers?: Record<string, string> }): Promise<Response>;
  /** Why each of these addresses' sites gives no answer of any kind within `withinMs`, by site; empty where all do. */
  unreachable(urls: readonly string[], withinMs: number, signal: AbortSignal): Promise<Map<string, string>>;
  close(): Promise<void>;
}

/**
 * @param silenceMs a server that sends nothing for so long is given up
 */
export async function openClient(env: NodeJS.ProcessEnv, silenceMs = 30_000): Promise<Client> {
  const { EnvHttpProxyAgent, fetch } = await import("undici"); // half a second that most starts do not need
  const named = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? "";
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: named("HTTP_PROXY"),
    httpsProxy: named("HTTPS_PROXY"),
    noProxy: named("NO_PROXY"),
    connect: { timeout: 10_000 },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  });
  return {
    async get(url, { signal, headers }) {
      let response: Response;
      try {
        // A file that is packed for the way would have another length than the one that ranges count by.
        response = await fetch(url, { dispatcher, signal, headers: { "accept-encoding": "identity", ...headers } });
      } catch (error) {
        signal.throwIfAborted();
        throw new FetchError(`${url}: ${reason(error)}`, true);
      }
      const { status } = response;
      const downgraded = url.startsWith("https:") && !response.url.startsWith("https:");
      if (response.ok && !downgraded) return response;
      await response.body?.cancel();
      if (downgraded) throw new FetchError(`${url} leads to ${response.url}, which is not encrypted`, false);
      throw new FetchError(`${url} answers ${status}`, status === 429 || status >= 500);
    },
    async unreachable(urls, withinMs, signal) {
      const silent = new Map<string, string>();
      const first = new Map(urls.map((url) => [new URL(url).host, url]));
      await Promise.all(
        [...first].map(async ([site, url]) => {
          const late = AbortSignal.timeout(withinMs);
          try {
            const init = {
              dispatcher,
              method: "HEAD",
              redirect: "manual",
              signal: AbortSignal.any([signal, late]),
            } as const;
            await (await fetch(url, init)).body?.cancel();
          } catch (error) {
            signal.throwIfAborted();
            silent.set(site, late.aborted ? `no answer within ${withinMs / 1_000} s` : reason(error));
          }
        }),
      );
      return silent;
    },
    close: () => dispatcher.destroy(),
  };
}

/** What fetch knows of a failure lies in its causes. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reason(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0]);
  return error.message || ("code" in error ? String(error.code) : error.name);
}
