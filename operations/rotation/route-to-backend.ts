import { spawn } from "node:child_process";
import { isIP } from "node:net";

import { UserError } from "../../kit/user-error";

/** A way from this machine to where the collectors send. */
export interface Route {
  /** What to call from here. */
  url: string;
  /** How, for a person to read. */
  how: string;
  close: () => void;
}

/**
 * The way to a URL that collectors call, for a request with a credential. What decides is written in the URL, and never
 * what the DNS of this machine answers: docs/decisions/0077-no-credential-by-dns.md.
 *
 * @param context of the kubeconfig
 * @param namespace where a name without one is looked for
 * @throws UserError if there is no way on which somebody proves to be the server
 */
export async function routeTo(
  url: string,
  options: { context?: string; namespace: string; env: Record<string, string> },
): Promise<Route> {
  const way = wayTo(url, options.namespace);
  if (way === "direct") return { url, how: "from this machine", close: () => undefined };
  if (way === "none")
    throw UserError.of(
      url,
      "",
      "is http, and only the DNS of this machine could say where its name leads: whoever answers there would get the credential",
      "write https://, or the name of a Service of the cluster (NAME.NAMESPACE.svc)",
    );
  const target = new URL(url);
  const forwarded = await portForward(way, target.port === "" ? "80" : target.port, options);
  target.hostname = "127.0.0.1";
  target.port = forwarded.port;
  return { url: target.href, how: `through the API server, to Service ${way.namespace}/${way.name}`, ...forwarded };
}

/**
 * Over https a certificate proves who answers, and an address is what was written. Over http a name proves nothing: the
 * API server, which the kubeconfig's certificate proves, leads to a Service by its name (`kubectl port-forward`). The
 * connection then leaves from the node of a pod behind it, inside of the network that the collectors use.
 */
export function wayTo(url: string, namespace: string): "direct" | "none" | { name: string; namespace: string } {
  const { protocol, hostname } = new URL(url);
  const isAddress = hostname === "localhost" || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
  if (protocol === "https:" || isAddress) return "direct";
  return serviceOf(hostname, namespace) ?? "none";
}

/** The Service that a host's name means inside of a cluster: NAME, NAME.NAMESPACE, NAME.NAMESPACE.svc and so on. */
export function serviceOf(hostname: string, namespace: string): { name: string; namespace: string } | undefined {
  const [name = "", own, kind, ...rest] = hostname.split(".");
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) return undefined;
  if (kind !== undefined && kind !== "svc") return undefined;
  if (rest.length > 0 && rest.join(".") !== "cluster.local") return undefined;
  return { name, namespace: own ?? namespace };
}

function portForward(
  service: { name: string; namespace: string },
  port: string,
  { context, env }: { context?: string; env: Record<string, string> },
): Promise<{ port: string; close: () => void }> {
  const args = ["port-forward", "--namespace", service.namespace, `service/${service.name}`, `:${port}`];
  if (context !== undefined) args.push("--context", context);
  const child = spawn("kubectl", args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const close = (): void => void child.kill();
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (reason: string): void => {
      close();
      reject(
        UserError.of(
          `Service ${service.namespace}/${service.name}`,
          "",
          `cannot be reached from here to try the credential out (kubectl port-forward: ${reason})`,
          "run this on a machine on which kubectl may forward ports, or from which the URL can be called",
        ),
      );
    };
    const timer = setTimeout(() => fail("no answer within 30 s"), 30_000);
    child.on("error", (error) => fail(error.message));
    child.on("exit", () => fail(said.trim().split("\n").at(-1) ?? "it ended"));
    child.stderr.on("data", (part: Buffer) => (said += part.toString("utf8")));
    child.stdout.on("data", (part: Buffer) => {
      said += part.toString("utf8");
      const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve({ port: found, close });
    });
  });
}
