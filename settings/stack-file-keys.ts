import { UserError } from "../kit/user-error";
import { nearest } from "../kit/nearest";

/** What a stack's file may hold beside our settings. Pulumi itself passes over every other key without a word. */
const pulumiKeys = ["config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"];

/**
 * Refuses keys at the top of a stack's file that Pulumi does not read. A setting there would keep its default, silently.
 * `x-…` holds anchors for other keys.
 */
export function refuseMisplaced(content: Readonly<Record<string, unknown>>, file: string): void {
  const misplaced = Object.keys(content).filter((key) => !pulumiKeys.includes(key) && !key.startsWith("x-"));
  if (misplaced.length === 0) return;
  throw new UserError(
    misplaced.map((key) => {
      if (key.includes(":")) return { file, key, problem: "is outside `config:`", remedy: "indent it under `config:`" };
      const meant = nearest(key, pulumiKeys);
      return {
        file,
        key,
        problem: "is not a key that Pulumi reads",
        remedy: `${meant === undefined ? "" : `did you mean ${meant}? `}Indent a setting under \`config:\`; call a key that only holds an anchor x-${key}`,
      };
    }),
  );
}

/**
 * Refuses a setting that is there both with and without the project's name, or in the old form `alloy:config:key`: to
 * Pulumi they are one key, and it uses either value.
 */
export function refuseTwice(keys: readonly string[], project: string, file: string): void {
  const long = (key: string): string =>
    key.includes(":") ? key.replace(/^([^:]+):config:/, "$1:") : `${project}:${key}`;
  const twice = keys.filter((key) => keys.some((other) => other !== key && long(other) === long(key)));
  const old = keys.filter((key) => key.startsWith(`${project}:config:`) && !twice.includes(key));
  const names = [...new Set(twice.map(long))];
  if (names.length + old.length === 0) return;
  throw new UserError([
    ...names.map((name) => ({
      file,
      key: name,
      problem: `is there twice, as ${twice.filter((key) => long(key) === name).join(" and as ")}: Pulumi uses either of them`,
      remedy: `keep ${name} and remove the other`,
    })),
    ...old.map((key) => ({ file, key, problem: `is an old form of ${long(key)}`, remedy: `write ${long(key)}` })),
  ]);
}
