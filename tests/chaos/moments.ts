/** What a start goes through, in this order; the first is everything before it shows a step. */
export const phases = ["beginning", "tools", "servers", "preview", "up", "collectors", "proof"] as const;
export type Phase = (typeof phases)[number];

/**
 * How often each phase is chosen among ten: by what a kill can spoil there, and not by how long it takes. A moment drawn
 * from the whole time of a start falls into waiting for servers nearly always.
 */
const weights: Record<Phase, number> = {
  beginning: 1,
  tools: 1,
  servers: 2,
  preview: 1,
  up: 3,
  collectors: 1,
  proof: 1,
};

/** A moment to kill a start at. */
export interface Moment {
  phase: Phase;
  /** How far into the phase, as a share of the time that it usually takes: 0 to 1. */
  share: number;
}

/**
 * Draws moments without end. Phases are dealt like cards: in a random order, and each as often as its weight says before
 * the pack is shuffled again, so that twenty rounds leave none out.
 */
export function dealMoments(random: () => number): () => Moment {
  let pack: Phase[] = [];
  return () => {
    if (pack.length === 0) pack = phases.flatMap((phase) => Array<Phase>(weights[phase]).fill(phase));
    const [phase] = pack.splice(Math.floor(random() * pack.length), 1) as [Phase];
    return { phase, share: random() };
  };
}

const titles: [start: string, phase: Phase][] = [
  ["tools:", "tools"],
  ["servers:", "servers"],
  ["pulumi preview", "preview"],
  ["pulumi up", "up"],
  ["collectors:", "collectors"],
  ["proof:", "proof"],
];

/** The phases that a start has shown to have begun; a title that is unknown would leave kills aimed at nothing. */
export function begunPhases(output: string): Phase[] {
  return [...output.matchAll(/^❯ (.+)\n/gm)].map(([, title = ""]) => {
    const known = titles.find(([start]) => title.startsWith(start));
    if (known === undefined) throw new Error(`npm start shows a step that the chaos test does not know: ${title}`);
    return known[1];
  });
}

/** How long each phase takes, in milliseconds: a guess at first, then what was seen. */
export class PhaseTimes {
  private readonly usual: Record<Phase, number> = {
    beginning: 1_500,
    tools: 1_500,
    servers: 12_000,
    preview: 8_000,
    up: 12_000,
    collectors: 1_000,
    proof: 5_000,
  };

  of(phase: Phase): number {
    return this.usual[phase];
  }

  /** A start after a kill finds half of it done: what was slower before is forgotten slowly. */
  learn(seen: Partial<Record<Phase, number>>): void {
    for (const phase of phases) {
      const took = seen[phase];
      if (took !== undefined) this.usual[phase] = Math.max(this.usual[phase] / 2, Math.min(took, 60_000));
    }
  }
}
