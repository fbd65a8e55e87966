/**
 * Edits (insert, delete, replace, swap of neighbours) that make `b` out of `a`: the optimal string alignment distance.
 */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (rowsBack: number, column: number) => rows[i - rowsBack]?.[column] ?? 0;
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(1, j) + 1, (row[j - 1] ?? 0) + 1, at(1, j - 1) + same);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(2, j - 2) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/**
 * The known word that was most likely meant, or `undefined` where none is near: at most a third of its letters differ,
 * and case does not count (`clustername` for `clusterName`).
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}
