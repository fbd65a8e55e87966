import { BlockList, isIP } from "node:net";

import { z } from "zod";

import * as field from "./fields";
import { urlMistake } from "./fields/go-url";
import { shown } from "./fields/wording";
import { isInside, type Inside } from "./network/inside";
import { hostAndPort } from "./network/destination";

/** `alloy:proxy`: whom the collectors send through what lies outside of the cluster. */
export const proxy = z
  .strictObject({
    url: field
      .checkedText("a URL such as http://proxy.example.com:3128", (value, report) => {
        const parsed = URL.canParse(value) ? new URL(value) : undefined;
        if (/@/.test(value))
          report(
            "contains a user or a password, which anybody could read in the ConfigMap",
            "use a proxy that lets this cluster in without a password",
          );
        else if (!/^https?:\/\/[^/\\?#\s]+\/?$/i.test(value) || parsed === undefined)
          report(
            `${shown(value)} is not a URL of a proxy`,
            "write scheme, host and port: http://proxy.example.com:3128",
          );
        else {
          const mistake = urlMistake(value);
          if (mistake !== undefined) report(mistake.problem, mistake.remedy);
        }
      })
      .meta({
        takes: "a URL such as `http://proxy.example.com:3128`",
        pattern: "^[Hh][Tt][Tt][Pp][Ss]?://[^/\\\\?#\\s@]+/?$",
        description: "The proxy. It gets no password.",
        ifWrong: "Nothing arrives that goes through it. Lines wait for `wal.outageBudget`.",
      }),
    noProxy: z
      .array(
        field.text("a host, a domain or a CIDR").regex(/^\.?[A-Za-z0-9_:]([A-Za-z0-9_.:/-]*[A-Za-z0-9_])?$/, {
          error: ({ input }) =>
            field.message(`${shown(input)} is no host, domain or CIDR`, "write .example.com, or 10.0.0.0/8"),
        }),
      )
      .default([])
      .meta({
        takes: "a list of hosts, domains and CIDRs, such as `[.corp.internal, 10.0.0.0/8]`",
        description:
          "What is outside of the cluster and is reached without the proxy. The API server and all inside of the cluster are added by the program.",
        ifWrong: "A host that is missing here is asked for through the proxy, which may not know it.",
      }),
  })
  .optional()
  .meta({
    description:
      "A proxy for everything outside of the cluster: Loki, Prometheus, Vault, and the cloud that gives out an identity. The canary asks Loki without it.",
    otherwise: "everything is called directly",
  });

type Proxy = NonNullable<z.infer<typeof proxy>>;

/** What decides whether a URL is called through the proxy. */
export interface Proxied extends Inside {
  proxy?: Proxy;
}

/** The proxy that a URL is called through; undefined where it is called directly. */
export function proxyFor(url: string, settings: Proxied): string | undefined {
  const { proxy: used } = settings;
  if (used === undefined || isInside(url, settings)) return undefined;
  const { host } = hostAndPort(url);
  return used.noProxy.some((entry) => covers(entry, host)) ? undefined : used.url;
}

/** Host and port that a connection for a URL goes to: the proxy's, or the URL's own. */
export function nextHop(url: string, settings: Proxied): { host: string; port: number } {
  return hostAndPort(proxyFor(url, settings) ?? url);
}

/** By Go's rules. Source: golang.org/x/net/http/httpproxy, NoProxy */
function covers(entry: string, host: string): boolean {
  const address = host.replace(/^\[|\]$/g, "");
  const family = isIP(address);
  const [network = "", bits] = entry.split("/");
  if (bits !== undefined) {
    if (family === 0 || isIP(network) !== family) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), family === 6 ? "ipv6" : "ipv4");
    return list.check(address, family === 6 ? "ipv6" : "ipv4");
  }
  const domain = entry.toLowerCase().replace(/^\./, "");
  if (family !== 0) return address === domain;
  return host === domain ? !entry.startsWith(".") : host.endsWith(`.${domain}`);
}

// The API server by its Service's address, which the kubelet fills in; the node itself; and every Service's name.
const inside = ["$(KUBERNETES_SERVICE_HOST)", "localhost", "127.0.0.1", "::1", ".svc", ".cluster.local"];

/**
 * What NO_PROXY holds. The API server has to be there: the collectors' client for it reads these variables, and a proxy
 * does not know it.
 *
 * @param urls those that the collectors call
 * @param more addresses of the node itself
 */
export function noProxyList(settings: Proxied, urls: readonly string[], more: readonly string[]): string {
  const hosts = urls
    .filter((url) => isInside(url, settings))
    .map((url) => hostAndPort(url).host.replace(/^\[|\]$/g, ""));
  return [...new Set([...inside, ...hosts, ...more, ...(settings.proxy?.noProxy ?? [])])].join(",");
}
