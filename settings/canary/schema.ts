import { z } from "zod";

import { secretKey } from "../credentials";
import { hostAndPort } from "../network/destination";
import * as field from "../fields";
import type { Settings } from "../schema";
import { formatDuration, parseDuration } from "../../kit/units";

const missingKey = "A key that the Secret does not have: the canary's pods do not start.";

/**
 * `alloy:canary`: Grafana's loki-canary on every node. It writes a line a second to its own log, which the collectors
 * pick up as any other, and asks Loki whether each of them arrived.
 */
export const canary = z
  .strictObject({
    enabled: field.flag.default(false).meta({
      description: "Runs Grafana's loki-canary on every node.",
      ifWrong: "On while its own lines are not collected on every node: refused, because they would count as lost.",
    }),
    // Images before 3.7 cannot narrow their query, and send no tenant beside a user name.
    image: field.image.default("docker.io/grafana/loki-canary:3.7.8").meta({
      description: "Image of loki-canary. Its flags are those of version 3.7.",
      ifWrong: "An older version does not know the flags: the canary's pods do not start.",
    }),
    address: field.lokiAddress.optional().meta({
      description: "Where the canary asks Loki for its lines: scheme, host and port.",
      otherwise: "scheme, host and port of `lokiUrl`",
      ifWrong: "The canary finds none of its lines and reports every line as lost.",
    }),
    secretName: field.objectName.optional().meta({
      description: "A Secret of yours in the namespace, with a user name and a password that may read from Loki.",
      otherwise: "no credential",
      ifWrong: "A Secret that does not exist: the canary's pods do not start.",
    }),
    keys: z
      .strictObject({
        username: secretKey.default("username").meta({
          description: "Key with the user name.",
          ifWrong: missingKey,
        }),
        password: secretKey.default("password").meta({
          description: "Key with the password.",
          ifWrong: missingKey,
        }),
      })
      .prefault({})
      .meta({ description: "Keys of the Secret that `canary.secretName` names." }),
    interval: field.durationFrom("500ms").default("1s").meta({
      description: "How often each node's canary writes a line.",
      ifWrong: "Too short: after an outage its queries take long to catch up.",
    }),
    resources: field
      .resourcesOf({ cpu: "10m", memory: "32Mi" }, { cpu: "100m", memory: "128Mi" })
      .meta({ description: "CPU and memory of the canary on every node." }),
  })
  .prefault({})
  .meta({ description: "A canary: it writes lines and asks Loki whether each of them arrived." });

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
