import { authenticates } from "../../settings/credentials";
import { endingOf, pushPaths, type PushKind } from "../../settings/fields/push-path";
import type { Settings } from "../../settings/schema";

type Read = Pick<Settings, "lokiUrl" | "prometheusUrl" | "logs" | "metrics" | "credentials">;

/**
 * Warns of push URLs whose path is none at which Loki, Prometheus or one of their relatives listens. A gateway may have one
 * of its own, so it is not refused; but what answers 404 loses every line, and for remote write nobody notices. Pure.
 */
export function pushPathWarnings(settings: Read): string[] {
  const urls = [
    ...(settings.logs.enabled ? [["lokiUrl", settings.lokiUrl, "loki"] as const] : []),
    ...(settings.metrics.enabled ? [["prometheusUrl", settings.prometheusUrl, "prometheus"] as const] : []),
  ];
  return urls.flatMap(([key, url, kind]) => [
    ...unknownPath(key, url, kind),
    ...cloudWithoutPassword(key, url, kind, settings),
  ]);
}

function unknownPath(key: string, url: string, kind: PushKind): string[] {
  const { pathname, origin } = new URL(url);
  if (endingOf(pathname, kind) !== undefined) return [];
  return [
    `warning: alloy:${key} ends with ${pathname}, which is no path of ${kind === "loki" ? "Loki's" : "remote write's"}. ` +
      `If no gateway has it, everything is answered 404 and dropped: write ${origin}${pushPaths[kind].usual}.`,
  ];
}

/** Grafana Cloud takes nothing from anybody whom it does not know. */
function cloudWithoutPassword(key: string, url: string, kind: PushKind, { credentials }: Read): string[] {
  const { hostname } = new URL(url);
  if (!hostname.endsWith(".grafana.net") || authenticates(credentials, kind)) return [];
  return [
    `warning: alloy:${key} is Grafana Cloud's, which answers 401 without a user and a password, and what was sent is dropped. ` +
      "Set alloy:credentials.",
  ];
}
