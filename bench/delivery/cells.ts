import type { Cell } from "./cell";
import { environmentCells, sourceCells } from "./cells/others";
import { stopCells } from "./cells/stops";
import { upCells } from "./cells/up";

/**
 * The matrix. Times are seconds since the first line; all lines of a run are written within 10 s, however many. Where an
 * outage has to end within or beyond the budget, the budget is some seconds: pipeline/outage.ts derives pauses and tries
 * from it, as from an hour.
 */
export const cells: readonly Cell[] = [...upCells, ...stopCells, ...sourceCells, ...environmentCells];
