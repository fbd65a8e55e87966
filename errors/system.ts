import { cacheRoot, sandboxRoot } from "../kit/folders";
import { UserError } from "../kit/user-error";

/**
 * What the operating system refuses, as a report for a person; undefined for any other error. Full disks and folders of
 * other users are a person's to mend, wherever in the program they show.
 */
export function explainSystemError(error: unknown, env: NodeJS.ProcessEnv = process.env): UserError | undefined {
  if (!(error instanceof Error) || error instanceof UserError) return undefined;
  const { code, path } = error as NodeJS.ErrnoException;
  const place = path ?? "this machine";
  const report = (problem: string, remedy: string): UserError => UserError.of(place, "", problem, remedy);
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return report(
        "the disk that holds it is full",
        `make room (\`npm run sandbox:down -- --purge\` removes the sandbox's data), or ${elsewhere(path, env)}`,
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      // Without a path it is not a file that was refused.
      return path === undefined ? undefined : report(`cannot be written or read (${code})`, elsewhere(path, env));
    case "ENOTDIR":
      return path === undefined
        ? undefined
        : report("cannot exist: a part of its path is a file", elsewhere(path, env));
    case "EMFILE":
    case "ENFILE":
      return report("too many files are open", "raise the limit (`ulimit -n 4096`), then try again");
    case "EAGAIN":
    case "ENOMEM":
      return report(
        "has no room for another process (memory, or `ulimit -u`)",
        "end what is not needed, then try again; the sandbox takes about 2 GB of memory",
      );
    case undefined:
    default:
      return undefined;
  }
}

/** How to move what a path belongs to. */
export function elsewhere(path: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (path?.startsWith(cacheRoot(env))) return "set ALLOY_CACHE to a folder of your own on a disk with room";
  if (path?.startsWith(sandboxRoot(env))) return "set ALLOY_SANDBOX to a folder of your own on a disk with room";
  return "set ALLOY_SANDBOX and ALLOY_CACHE to folders of your own on a disk with room";
}
