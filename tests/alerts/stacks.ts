import { composePipeline } from "../../pipeline/compose";
import type { Settings } from "../../settings/schema";
import { settingsOf } from "../support/settings";

const urls = {
  lokiUrl: "https://loki.example.com/loki/api/v1/push",
  prometheusUrl: "https://prometheus.example.com/api/v1/write",
};

const stackOf = (values: Record<string, unknown>): { settings: Settings; text: string } => {
  const settings = settingsOf({ ...urls, ...values });
  return { settings, text: composePipeline(settings).text };
};

/** Stacks that have every alert between them. */
export const alertStacks: Readonly<Record<string, { settings: Settings; text: string }>> = {
  files: stackOf({
    credentials: { mode: "existing", loki: "basic", prometheus: "basic" },
    logs: { rateLimits: [{ namespaces: "shop", linesPerSecond: 100, burst: 1_000 }] },
    wal: { logs: true },
    canary: { enabled: true, address: "https://loki-read.example.com" },
  }),
  vault: stackOf({
    credentials: { mode: "vault", loki: "basic", prometheus: "basic" },
    vault: { address: "https://vault.example.com", path: "detectviz/test/alloy" },
  }),
};
