import type { UrlMistake } from "./go-url";

/**
 * The paths at which Loki and the takers of remote write listen. What arrives at any other one is answered 404, which drops
 * the batch. A gateway may stand in front of them with a path of its own, so a path that is none of these is not refused
 * for that; but one that is known to be something else is.
 */

/** Whom a URL is for. */
export type PushKind = "loki" | "prometheus";

interface PushPaths {
  /** The path of Loki and of Prometheus themselves. */
  usual: string;
  /** What the paths of others end with. */
  endings: readonly RegExp[];
  /** Paths of the same server, or of one that is taken for it, that take no push of ours. */
  foreign: readonly (readonly [RegExp, string])[];
  /** Whose host this is, if it is not one for this kind. */
  foreignHost: RegExp;
}

const shared: PushPaths["foreign"] = [
  [/^\/(ready|metrics|healthz|-\/healthy|-\/ready|graph|targets|explore)$/, "is a page for people or for probes"],
  [/^\/v1\/(logs|metrics|traces)$/, "takes OTLP, which the collectors do not send"],
  [/\/otlp(\/v1(\/(logs|metrics|traces))?)?$/, "takes OTLP, which the collectors do not send"],
  [/\/metrics\/job(\/.*)?$/, "belongs to the Pushgateway"],
  [/\/_bulk$/, "belongs to Elasticsearch"],
  [
    /\/api\/v\d\/(query|query_range|query_exemplars|labels?|label\/.*|series|tail|read|rules|alerts)$/,
    "answers queries",
  ],
  [/\/api\/prom\/(query|label|tail|series)$/, "answers queries"],
  [/\/api\/v\d$/, "is only the beginning of a path"],
];

export const pushPaths: Readonly<Record<PushKind, PushPaths>> = {
  loki: {
    usual: "/loki/api/v1/push",
    // The second is Loki's old one, which it still takes, and Grafana Cloud's. It has no /loki in front.
    endings: [/\/loki\/api\/v1\/push$/, /(?<!\/loki)\/api\/prom\/push$/],
    foreign: [
      ...shared,
      [/\/api\/v1\/write$/, "is where Prometheus listens, and Loki does not"],
      [/\/loki\/prom\/push$/, "is a mixture of Loki's two paths"],
    ],
    foreignHost: /^(prometheus|mimir|graphite|tempo|traces|profiles)-[a-z0-9-]+\.grafana\.net$/,
  },
  prometheus: {
    usual: "/api/v1/write",
    // Mimir, Cortex and Grafana Cloud; AWS; Thanos; VictoriaMetrics; M3; InfluxDB; GreptimeDB and TimescaleDB.
    endings: [
      /\/api\/v1\/write$/,
      /\/api\/v1\/push$/,
      /\/api\/prom\/push$/,
      /\/api\/v1\/remote_write$/,
      /\/api\/v1\/receive$/,
      /\/insert\/[^/]+\/prometheus$/,
      /\/api\/v1\/prom\/(remote\/)?write$/,
      /\/v1\/prometheus\/write$/,
    ],
    foreign: [
      ...shared,
      [/\/loki\/api\/v1\/push$/, "is where Loki listens, and Prometheus does not"],
      [/\/federate$/, "answers queries"],
    ],
    foreignHost: /^(logs|tempo|traces|graphite|profiles)-[a-z0-9-]+\.grafana\.net$/,
  },
};

/** What is wrong with the path of a URL that something is pushed to; undefined for one that may be right. */
export function pushPathMistake({ pathname, origin, search, hostname }: URL, kind: PushKind): UrlMistake | undefined {
  const { usual, foreign, foreignHost } = pushPaths[kind];
  if (foreignHost.test(hostname))
    return {
      problem: `names ${hostname}, where Grafana Cloud takes something else`,
      remedy: `write the host that begins with ${kind === "loki" ? "logs-" : "prometheus-"}`,
    };
  if (/^\/*$/.test(pathname))
    return {
      problem: "has no path: the server would answer 404, and what was sent would be dropped",
      remedy: `write ${origin}${usual}`,
    };
  const plain = pathname.replace(/\/+/g, "/").replace(/\/$/, "");
  const why = foreign.find(([form]) => form.test(plain));
  if (why !== undefined)
    return { problem: `ends with ${shortened(plain)}, which ${why[1]}`, remedy: `write ${origin}${usual}` };
  const lower = plain.toLowerCase();
  const known = endingOf(plain, kind);
  const before = plain.slice(0, plain.length - (known?.length ?? 0));
  if (known === undefined)
    return endingOf(lower, kind) === undefined
      ? undefined
      : {
          problem: "has capitals in its path, which is compared letter by letter",
          remedy: `write ${origin}${lower}${search}`,
        };
  if (before.endsWith(known))
    return { problem: `has its path twice (${shortened(plain)})`, remedy: `write ${origin}${before}${search}` };
  if (plain !== pathname)
    return {
      problem: "has a slash too many in its path: the server would answer 404, and what was sent would be dropped",
      remedy: `write ${origin}${plain}${search}`,
    };
  return undefined;
}

/** The known push path that a path ends with; undefined if it is none. */
export function endingOf(path: string, kind: PushKind): string | undefined {
  for (const form of pushPaths[kind].endings) {
    const found = form.exec(path)?.[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

const shortened = (path: string): string => (path.length > 60 ? `…${path.slice(-57)}` : path);
