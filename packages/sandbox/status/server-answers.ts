import { errorText } from "../../../kit/error-text";
import type { SandboxPaths } from "../paths";
import { isReady } from "../servers/cluster/health";
import { KubeApi } from "../servers/cluster/kube-api";

/** How long a server may take to say that it is well. One that is stopped (SIGSTOP) or frozen takes for ever. */
const answerMs = 3_000;

/** The path at which each server says that it is well, by the name that it has in the sandbox's list of addresses. */
const healthPaths: Record<string, string> = {
  Loki: "/ready",
  Prometheus: "/-/ready",
  OpenBao: "/v1/sys/health",
};

/**
 * Asks every server of the sandbox whether it is well.
 *
 * @param urls the sandbox's addresses by name; a name without a health path is asked in its own way or left out
 * @param ownCluster whether the API server is the sandbox's: a user's own is not looked after here
 * @returns what is wrong by name; empty if all answer
 */
export async function silentServers(
  paths: SandboxPaths,
  urls: Readonly<Record<string, string>>,
  ownCluster: boolean,
): Promise<Record<string, string>> {
  const answers = await Promise.all(
    Object.entries(urls).map(async ([name, url]): Promise<[string, string][]> => {
      const path = healthPaths[name];
      if (name === "Kubernetes" && ownCluster) return problemOf(name, await apiServerProblem(paths));
      return path === undefined ? [] : problemOf(name, await serverProblem(new URL(path, url)));
    }),
  );
  return Object.fromEntries(answers.flat());
}

const problemOf = (name: string, problem: string | undefined): [string, string][] =>
  problem === undefined ? [] : [[name, problem]];

async function serverProblem(url: URL): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    return answer.ok ? undefined : `${url.href} answers ${answer.status}`;
  } catch (error) {
    return noAnswer(url.href, error);
  }
}

async function apiServerProblem(paths: SandboxPaths): Promise<string | undefined> {
  let api: KubeApi | undefined;
  try {
    api = KubeApi.fromFile(paths.kubeconfig);
    const ready = await isReady(api, answerMs);
    return ready === true ? undefined : `its /readyz says: ${String(ready)}`;
  } catch (error) {
    return noAnswer("its /readyz", error);
  } finally {
    api?.close();
  }
}

function noAnswer(what: string, error: unknown): string {
  const timedOut = error instanceof Error && error.name === "TimeoutError";
  return `${what} does not answer${timedOut ? ` within ${answerMs / 1_000} s: it hangs` : ` (${errorText(error)})`}`;
}
