import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import type { AlertName } from "../../../alerts/table";
import { waitUntil } from "../../../packages/sandbox/process/waiting";
import type { Watcher } from "./watcher";

interface Spell {
  firstMs: number;
  lastMs: number;
  runbook: string;
}

/** Which alerts have fired, and which fire no more: asks the watching Prometheus every two seconds. */
export class History {
  private readonly spells = new Map<string, Spell>();
  private readonly began = Date.now();
  private ended = false;
  private readonly asking: Promise<void>;
  private now: ReadonlySet<string> = new Set();

  constructor(private readonly watcher: Watcher) {
    this.asking = this.ask();
  }

  /** Waits until all of these fire; `NAME severity`. */
  async fires(wanted: readonly string[], timeoutMs: number): Promise<void> {
    assert.ok(wanted.length > 0, "nothing is waited for");
    await waitUntil(
      `${wanted.join(", ")} fire`,
      () =>
        Promise.resolve(wanted.every((one) => this.now.has(one)) || `firing: ${[...this.now].join(", ") || "none"}`),
      { timeoutMs, intervalMs: 1_000 },
    );
    for (const one of wanted) console.error(`        ${one} fires, ${this.at(this.spells.get(one)?.firstMs ?? 0)}`);
  }

  /** Waits until none of these fires. Each must have fired before. */
  async resolved(names: readonly string[], timeoutMs: number): Promise<void> {
    for (const name of names) assert.ok(this.spells.has(name), `${name} never fired`);
    await waitUntil(
      `${names.join(", ")} resolve`,
      () => {
        const left = names.filter((name) => this.now.has(name));
        return Promise.resolve(left.length === 0 || `still firing: ${left.join(", ")}`);
      },
      { timeoutMs, intervalMs: 1_000 },
    );
  }

  /** `NAME severity` of all that have fired. */
  get fired(): string[] {
    return [...this.spells.keys()].sort();
  }

  /** The names of all alerts that have fired. */
  get names(): AlertName[] {
    return [...new Set([...this.spells.keys()].map((key) => key.split(" ")[0] as AlertName))].sort();
  }

  /** One line an alert: when it began to fire and when it fired last, in seconds since the beginning. */
  get table(): string {
    return [...this.spells]
      .map(
        ([key, { firstMs, lastMs }]) => `${key}: ${this.at(firstMs)} to ${this.now.has(key) ? "now" : this.at(lastMs)}`,
      )
      .join("\n");
  }

  /** The page that the firing alert leads to. */
  runbookOf(key: string): string {
    return this.spells.get(key)?.runbook ?? assert.fail(`${key} never fired`);
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.asking;
  }

  private at(ms: number): string {
    return `${Math.round((ms - this.began) / 1_000)} s`;
  }

  private async ask(): Promise<void> {
    while (!this.ended) {
      const alerts = await this.watcher.alerts().catch(() => undefined); // it is asked again in two seconds
      if (alerts !== undefined) {
        const firing = alerts.filter(({ state }) => state === "firing");
        for (const { labels, annotations } of firing) {
          const key = `${labels["alertname"] ?? ""} ${labels["severity"] ?? ""}`;
          const spell = this.spells.get(key) ?? { firstMs: Date.now(), lastMs: 0, runbook: "" };
          this.spells.set(key, { ...spell, lastMs: Date.now(), runbook: annotations["runbook_url"] ?? "" });
        }
        this.now = new Set(firing.map(({ labels }) => `${labels["alertname"] ?? ""} ${labels["severity"] ?? ""}`));
      }
      await sleep(2_000);
    }
  }
}
