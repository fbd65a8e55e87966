import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { Ledger, readLine } from "./ledger";
import type { Platform } from "./platform";
import { Source } from "./source";
import { containerName } from "./source-pod";

const namespace = "bench-rotation";

/**
 * Whether a log stream that is open goes on in the file that takes a rotated one's place. Without that, a cell with
 * rotation would say something about the sandbox's log server, not about the collector. (kwok serves logs with the
 * kubelet's own code, k8s.io/cri-client/pkg/logs.)
 */
export async function rotationFollowed({ api, paths }: Pick<Platform, "api" | "paths">): Promise<boolean> {
  const source = new Source({ api, paths, ledger: new Ledger(3), run: `rotation-${Date.now().toString(36)}` });
  const stopping = new AbortController();
  const { signal } = stopping;
  const seen = new Set<number>();
  try {
    await source.add(namespace, 1);
    const [pod] = source.pods;
    const url = `/api/v1/namespaces/${namespace}/pods/${pod?.name ?? ""}/log?container=${containerName}&follow=true`;
    const reading = (async () => {
      const response = await api.open("GET", url, { signal });
      for await (const line of createInterface({ input: response })) {
        const found = readLine(line);
        if (found !== undefined) seen.add(found.sequence);
      }
    })().catch(() => undefined); // aborted below
    // Line 0 in the first file, 1 and 2 each in the file after a rotation; each is waited for before the next one.
    for (let line = 0; line < 3; line++) {
      if (line > 0) source.rotate();
      await source.write(1, 1_000, signal);
      for (let tries = 0; tries < 100 && !seen.has(line); tries++) await sleep(100);
      if (!seen.has(line)) return false;
    }
    stopping.abort();
    await reading;
    return true;
  } finally {
    stopping.abort();
    await source.remove();
  }
}
