/** How a value went on, by the line that lies closest to what was seen. */
export interface Course {
  mean: number;
  /** Growth from the first to the last sample. */
  growth: number;
  /** How far samples lie from the line: the root of the mean square. */
  noise: number;
}

/**
 * The course of values that were seen at even distances.
 *
 * @throws Error of fewer than three, through which any line goes
 */
export function courseOf(values: readonly number[]): Course {
  const count = values.length;
  if (count < 3) throw new Error(`${count} samples say nothing of a slope`);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const middle = (count - 1) / 2;
  const squares = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  const slope = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0) / squares;
  const left = values.reduce((sum, value, at) => sum + (value - mean - slope * (at - middle)) ** 2, 0);
  return { mean, growth: slope * (count - 1), noise: Math.sqrt(left / count) };
}

/** Flat: what it has grown by is less than twice the noise, or less than a twentieth of the value. */
export const isFlat = ({ mean, growth, noise }: Course): boolean => growth <= Math.max(2 * noise, mean / 20);
