import { parseDuration } from "../../../../kit/units";
import type { Settings } from "../../../../settings/schema";
import { matching, type Shape } from "../../../shape";
import { isDeliveryScript } from "../delivery-command";

/** `command` of the collector's container: absent where delivery is at-most-once. */
export function expectedCommand(settings: Settings, text: string): Record<string, Shape> {
  const { logs, wal, delivery } = settings;
  if (!logs.enabled || wal.logs || logs.source === "files" || delivery === "at-most-once") return {};
  const sources = [...text.matchAll(/^(loki\.source\.(?:docker|file|journal|kubernetes|podlogs)) "(\w+)" \{/gm)]
    .map(([, kind = "", label = ""]) => `${kind}.${label}`)
    .sort();
  return {
    command: [
      "/bin/bash",
      "-c",
      matching("the text that runs in front of Alloy", isDeliveryScript),
      "delivery",
      wal.path,
      String(longestHold(text)),
      ...sources,
      "--",
    ],
  };
}

/** Source: https://grafana.com/docs/alloy/latest/reference/components/loki/loki.process/#stagemultiline */
function longestHold(text: string): number {
  const stages = [...text.matchAll(/\bstage\.multiline\s*\{([^}]*)\}/g)].map(
    ([, body = ""]) => /\bmax_wait_time\s*=\s*"([^"]*)"/.exec(body)?.[1] ?? "3s",
  );
  return Math.ceil(Math.max(0, ...stages.map((wait) => parseDuration(wait) ?? 0)) / 1000);
}
