/** How a collector's pipeline is played. */
export interface Play {
  /** Each container's reader holds one line between its position and the first step. */
  containers: number;
  /** Steps between the source and loki.write, each of which holds one line. */
  steps: number;
  linesPerSecond: number;
  /** Lines that loki.write's queue takes. */
  queue: number;
  batch: number;
  outages: readonly { from: number; seconds: number }[];
  /** What waits in an outage is given up and counted at its end, in place of being sent. */
  dropped: boolean;
  /** Seconds in which the counters cannot be read. */
  unheard: readonly number[];
  /** Seconds for which the first step keeps some lines, while others go past them. */
  held: number;
  seed: number;
}

/** What a watcher sees in one second, and what it should not go beyond. */
export interface Seen {
  /** The file that Alloy wrote last: the second in which it was written. */
  file: number;
  handed: number | undefined;
  answered: number;
  /** The newest file of which every line was answered for at this moment. */
  answeredFor: number;
}

const seconds = 120;
const movesPerSecond = 20;

/**
 * A collector as far as its positions go: each line is read (its position moves), waits in its container's reader, goes
 * through the steps one after the other into the queue, is handed over there, and is answered for in the queue's order.
 * Whatever is ahead and full holds up what is behind. Deterministic in its seed.
 */
export function playPipeline(play: Play): Seen[] {
  const random = generator(play.seed);
  const readers = Array.from({ length: play.containers }, () => undefined as number | undefined);
  const waiting: number[] = [];
  const steps = Array.from({ length: play.steps }, () => undefined as number | undefined);
  const kept: { line: number; until: number }[] = [];
  let queue: number[] = [];
  const unanswered = new Set<number>();
  let [read, handed, answered] = [0, 0, 0];
  const files: { second: number; read: number }[] = [];
  const seen: Seen[] = [];
  for (let move = 0; move < seconds * movesPerSecond; move++) {
    const now = move / movesPerSecond;
    const away = play.outages.some(({ from, seconds: length }) => now >= from && now < from + length);
    // From the end to the beginning, as often as anything moves: a step takes a line when the one ahead has taken its own.
    const lines = Math.round(play.linesPerSecond / movesPerSecond + random());
    for (let round = 0; round < lines + steps.length + play.containers; round++) {
      const last = steps.at(-1);
      if (last !== undefined && queue.length < play.queue) {
        queue.push(last);
        handed++;
        steps[steps.length - 1] = undefined;
      }
      for (let at = steps.length - 1; at > 0; at--) {
        const behind = steps[at - 1];
        if (steps[at] !== undefined || behind === undefined) continue;
        steps[at] = behind;
        steps[at - 1] = undefined;
      }
      const first = waiting[0];
      const due = kept.findIndex(({ until }) => until <= now);
      if (steps[0] === undefined && due >= 0) steps[0] = kept.splice(due, 1)[0]?.line;
      else if (steps[0] === undefined && first !== undefined) {
        if (play.held > 0 && random() < 0.1) kept.push({ line: first, until: now + play.held * random() });
        else steps[0] = first;
        waiting.shift();
        readers[readers.indexOf(first)] = undefined;
      }
      if (round >= lines) continue;
      const reader = Math.floor(random() * readers.length);
      if (readers[reader] !== undefined) continue;
      readers[reader] = ++read;
      waiting.push(read);
      unanswered.add(read);
    }
    if (!away || (play.dropped && random() < 0.01)) {
      const batch = queue.slice(0, play.batch * 10);
      // A batch is sent once a second at the latest: what is younger waits now and then.
      if (batch.length >= play.batch || random() < 0.2) {
        queue = queue.slice(batch.length);
        answered += batch.length;
        for (const line of batch) unanswered.delete(line);
      }
    }
    if (move % (10 * movesPerSecond) === 7) files.push({ second: Math.ceil(now), read });
    if (move % movesPerSecond !== movesPerSecond - 1) continue;
    const second = Math.floor(now);
    const oldest = Math.min(Number.POSITIVE_INFINITY, ...unanswered);
    seen.push({
      file: files.at(-1)?.second ?? 0,
      handed: play.unheard.includes(second) ? undefined : handed,
      answered,
      answeredFor: files.filter((file) => file.read < oldest).at(-1)?.second ?? 0,
    });
  }
  return seen;
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
