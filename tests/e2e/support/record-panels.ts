import * as fs from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import type { Dashboard, Drawing } from "../../../dashboard/model";
import { scrapeSeconds } from "./scraping-prometheus";

const seconds = 150;

/**
 * Writes what each panel of Prometheus would draw: for a picture of the dashboard (docs/generate/dashboard-picture).
 *
 * @param asAsked gives the query as Grafana would send it
 */
export async function recordPanels(
  board: Dashboard,
  url: string,
  asAsked: (expr: string) => string,
  file: string,
): Promise<void> {
  await sleep(seconds * 1_000);
  const now = Math.floor(Date.now() / 1_000);
  const series = async (expr: string): Promise<unknown> => {
    const range = { start: String(now - seconds), end: String(now), step: String(scrapeSeconds) };
    const query = new URLSearchParams({ query: asAsked(expr), ...range }).toString();
    const answer = (await (await fetch(`${url}/api/v1/query_range?${query}`)).json()) as { data: { result: unknown } };
    return answer.data.result;
  };
  const drawn = board.panels.filter((panel): panel is Drawing => panel.type === "stat" || panel.type === "timeseries");
  const panels = [];
  for (const panel of drawn) {
    if (panel.targets.some(({ datasource }) => datasource?.type === "loki")) continue;
    panels.push({ panel, data: await Promise.all(panel.targets.map(({ expr }) => series(expr))) });
  }
  await fs.writeFile(file, JSON.stringify({ title: board.title, from: now - seconds, to: now, panels }));
}
