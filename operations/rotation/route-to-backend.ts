import { spawn } from "node:child_process";
import * as dns from "node:dns/promises";

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
 * The way to a URL that collectors call. A name that this machine knows is called directly. The name of a Service,
 * which only the cluster knows, is reached through the API server with `kubectl port-forward`: the connection then
 * leaves from the node of a pod behind the Service, inside of the network that the collectors use.
 *
 * @param context of the kubeconfig
 * @param namespace where a name without one is looked for
 */
export async function routeTo(
  url: string,
  options: { context?: string; namespace: string; env: Record<string, string> },
): Promise<Route> {
  const target = new URL(url);
  const direct: Route = { url, how: "from this machine", close: () => undefined };
  if (await isKnownHere(target.hostname)) return direct;
  const service = serviceOf(target.hostname, options.namespace);
  // Over TLS the certificate names the Service, not this machine's port.
  if (service === undefined || target.protocol === "https:") return direct;
  const port = target.port === "" ? "80" : target.port;
  const forwarded = await portForward(service, port, options);
  target.hostname = "127.0.0.1";
  target.port = forwarded.port;
  return {
    url: target.href,
    how: `through the API server, to Service ${service.namespace}/${service.name}`,
    ...forwarded,
  };
}

/** The Service that a host's name means inside of a cluster: NAME, NAME.NAMESPACE, NAME.NAMESPACE.svc and so on. */
export function serviceOf(hostname: string, namespace: string): { name: string; namespace: string } | undefined {
  const [name = "", own, kind, ...rest] = hostname.split(".");
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) return undefined;
  if (kind !== undefined && kind !== "svc") return undefined;
  if (rest.length > 0 && rest.join(".") !== "cluster.local") return undefined;
  return { name, namespace: own ?? namespace };
}

async function isKnownHere(hostname: string): Promise<boolean> {
  return dns.lookup(hostname).then(
    () => true,
    () => false, // no such name, or nobody to ask: the other way is tried, and has its own words
  );
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
