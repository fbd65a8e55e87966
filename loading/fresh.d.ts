/** The checkout. */
export const root: string;
/** The state of files of the checkout, by name. */
export function stateOf(files: readonly string[]): Record<string, string>;
/** Whether these files still are as they were; of no file nothing can be said, so it is not fresh. */
export function isFresh(state: Record<string, string>): boolean;
