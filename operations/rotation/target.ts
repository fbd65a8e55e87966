import * as fs from "node:fs";
import * as path from "node:path";

import type { Backend } from "../../settings/credentials";
import { remoteWriteHeaders } from "../../settings/prometheus/headers";
import type { Settings } from "../../settings/schema";
import type { PreflightTarget } from "./try-credential";

/**
 * What a push for a backend looks like from here: the headers that the collectors send, and whom they trust. Without the
 * tenant a server with tenants answers 401, which would look like a refused credential.
 *
 * @param url how the backend is reached from here
 * @param home the folder where the settings' paths start
 * @throws Error if the CA's file cannot be read
 */
export function targetOf(settings: Settings, backend: Backend, url: string, home: string): PreflightTarget {
  const file = settings[`${backend}CaFile`];
  return {
    backend,
    url,
    headers:
      backend === "loki" ? { "X-Scope-OrgID": settings.lokiTenant } : Object.fromEntries(remoteWriteHeaders(settings)),
    ...(file !== undefined && { ca: fs.readFileSync(path.resolve(home, file), "utf8") }),
  };
}
