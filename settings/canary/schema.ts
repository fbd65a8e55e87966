import { z } from "zod";

import { secretKey } from "../credentials";
import { hostAndPort } from "../network/destination";
import * as field from "../fields";
import { resourcesOf } from "../fields/resources";
import type { Settings } from "../schema";
import { formatDuration, parseDuration } from "../../kit/units";

/**
 * `alloy:canary`: Grafana's loki-canary on every node. It writes a line a second to its own log, which the collectors
 * pick up as any other, and asks Loki whether each of them arrived.
 */
export const canary = z
  .strictObject({
    enabled: field.flag.default(false),
    /** Its flags are those of 3.7: old ones cannot narrow their query, and send no tenant beside a user name. */
    image: field.image.default("docker.io/grafana/loki-canary:3.7.8"),
    /** Where Loki is asked: scheme, host and port. Default: those of alloy:lokiUrl. */
    address: field.lokiAddress.optional(),
    /** A Secret of yours in the namespace, with a user name and a password that may read; none: Loki asks for none. */
    secretName: field.objectName.optional(),
    /** Keys of that Secret. */
    keys: z
      .strictObject({ username: secretKey.default("username"), password: secretKey.default("password") })
      .prefault({}),
    /** How often a line is written, on every node. More often, and its queries could not catch up after an outage. */
    interval: field.durationFrom("500ms").default("1s"),
    resources: resourcesOf({ cpu: "10m", memory: "32Mi" }, { cpu: "100m", memory: "128Mi" }),
  })
  .prefault({});

/** What loki-canary is told of Loki: it adds the paths of Loki's interface itself and takes no other. */
export interface CanaryTarget {
  host: string;
  port: number;
  tls: boolean;
}

/** Where the canary asks Loki. */
export function canaryTarget({ canary: { address }, lokiUrl }: Pick<Settings, "canary" | "lokiUrl">): CanaryTarget {
  const url = address ?? lokiUrl;
  return { ...hostAndPort(url), tls: new URL(url).protocol === "https:" };
}

/** How long a line may take before the canary asks for it by a query. loki-canary's own default. */
export const canaryWait = "1m";

// Loki's answer to one query has at most this many lines (pkg/canary/reader/reader.go), and there is one a minute.
const linesPerQuery = 1_000;
const minute = 60_000;
// After an error the reader pauses for up to ten minutes; the rest is for collectors that catch up.
const slack = 15 * minute;

/**
 * After what time a line counts as lost. Not before the outage that the collectors promise to survive is over, and all
 * lines of it have been asked for: an earlier end would count lines as lost that arrive.
 */
export function canaryMaxWait({ canary: { interval }, wal }: Pick<Settings, "canary" | "wal">): string {
  const outage = parseDuration(wal.outageBudget) ?? 0;
  const lines = outage / (parseDuration(interval) ?? 1);
  return formatDuration(outage + slack + Math.ceil(lines / linesPerQuery) * minute);
}
