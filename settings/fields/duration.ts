import { durationForm, parseDuration } from "../../kit/units";
import { checkedText } from "./basic";
import { message, shown } from "./wording";

// Alloy calls time.ParseDuration, which ends here: 2^63 nanoseconds.
const longest = 9_223_372_036_854;

/** Durations that are long enough, for an advice that the field itself accepts. */
function examplesFrom(least: string): string[] {
  const usual = ["1s", "30s", "15m", "1h", "24h"];
  return usual.filter((example) => (parseDuration(example) ?? 0) > (parseDuration(least) ?? 0)).slice(0, 3);
}

/** A Go duration of at least this. */
export const durationFrom = (least: string) => {
  const examples = examplesFrom(least);
  const listed = `${examples.slice(0, -1).join(", ")} or ${examples.at(-1) ?? least}`;
  return checkedText(`a duration such as ${listed}`, (value, refuse) => {
    const milliseconds = parseDuration(value);
    if (milliseconds === undefined || milliseconds > longest)
      refuse(
        `${shown(value)} is not a duration`,
        /^\d+d$/.test(value)
          ? "days are not a unit here; write hours, such as 24h"
          : `write a number with the unit ms, s, m or h, such as ${examples[0] ?? least} or 1h30m`,
      );
    else if (milliseconds < (parseDuration(least) ?? 0))
      refuse(`${shown(value)} is too short`, `write ${least} or more, such as ${listed}`);
  }).meta({ takes: `a duration of ${least} or more, such as ${listed}`, pattern: durationForm.source });
};

/** A Go duration of a second or more. */
export const duration = durationFrom("1s");

/** How long an outage may be: retries are this divided by 30s, and Alloy reads 0 retries as "never give up". */
export const outage = durationFrom("1m");

const scrapeIntervalForm = /^(?!$)(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;

/**
 * A duration that Prometheus accepts, too: whole numbers, the larger unit first.
 * Source: the pattern of `interval` in the PodMonitor's CRD
 */
export const scrapeInterval = duration
  .superRefine((value, context) => {
    if (parseDuration(value) !== undefined && !scrapeIntervalForm.test(value))
      context.addIssue({
        code: "custom",
        message: message(
          `${shown(value)} is not a duration that Prometheus accepts`,
          "use whole numbers, the larger unit first: 1m30s",
        ),
      });
  })
  .meta({
    takes: "a duration of 1s or more in whole numbers, such as 15s or 1m30s",
    pattern: scrapeIntervalForm.source,
  });
