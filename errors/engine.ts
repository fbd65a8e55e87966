import type { Problem } from "../kit/user-error";
import type { ErrorPlace, KnownError } from "./known-error";
import { quoted } from "./pods/known-cause";

/** The stack's name as the engine takes it. */
const stackOf = ({ stackFile }: ErrorPlace): string => /^Pulumi\.(.+)\.yaml$/.exec(stackFile)?.[1] ?? "STACK";

const inBackend = (problem: string, remedy: string): Problem => ({
  file: "the Pulumi backend",
  key: "",
  problem,
  remedy,
});

/** What the engine says of its state, its login and its secrets, before it asks any plugin. */
export const engineErrors: KnownError[] = [
  {
    pattern: /no stack named '([^']+)' found/,
    cannotTell: true,
    toProblem: (match) =>
      inBackend(`there is no stack ${match[1] ?? ""}`, `create it once: pulumi stack init ${match[1] ?? "NAME"}`),
  },
  {
    // A file or an object store names who has locked it, on a line of its own.
    pattern: /the stack is currently locked by \d+ lock\(s\)[^\n]*(?:\s+\S+: created by ([^\n]*?) at ([^\s]+))?/,
    cannotTell: true,
    toProblem: ([, who, since], place) =>
      inBackend(
        `another run has locked the stack${who === undefined ? "" : ` (${who}, since ${since ?? ""})`}, and this one has changed nothing`,
        `wait until that run has ended; if it was killed and runs no more, take its lock away: pulumi cancel --stack ${stackOf(place)}`,
      ),
  },
  {
    // Pulumi Cloud.
    pattern: /another update is currently in progress/i,
    cannotTell: true,
    toProblem: (_, place) =>
      inBackend(
        "another update of the stack is in progress, and this run has changed nothing",
        `wait until it has ended; if it was killed and runs no more, end it: pulumi cancel --stack ${stackOf(place)}`,
      ),
  },
  {
    // Engines since 3.40 only warn of them.
    pattern: /the current deployment has \d+ resource\(s\) with pending operations:?\s*([^\n]*)/,
    cannotTell: true,
    toProblem: ([, first = ""], place) =>
      inBackend(
        `an earlier run was interrupted, and the engine does not know what became of ${interruptedOne(first)}; this run has changed nothing`,
        `let it look: pulumi refresh --stack ${stackOf(place)} (at a terminal: it asks about what was being created), then run up again`,
      ),
  },
  {
    pattern: /snapshot integrity (?:failure|error)[^\n]*/,
    cannotTell: true,
    toProblem: (_, place) =>
      inBackend(
        "the stack's state contradicts itself, and this run has changed nothing",
        `keep a copy (pulumi stack export --stack ${stackOf(place)} --file state.json), then mend it: pulumi state repair --stack ${stackOf(place)}`,
      ),
  },
  {
    // An object store: gocloud.dev puts the key and a code in front of what the cloud said.
    pattern: /\bblob \((?:key "([^"]*)"\) \()?code=\w+\): ([^\n]*(?:\n\s+status code: \d+)?)/,
    cannotTell: true,
    toProblem: ([, key, said], place) => stateRefused(said ?? "", key, place),
  },
  {
    // Before a bucket is asked: the cloud's own library finds no login.
    pattern: /(?<!\()\b(?:NoCredentialProviders: |MissingRegion: |google: could not find default credentials)[^\n]*/,
    cannotTell: true,
    toProblem: ([said], place) => stateRefused(said, undefined, place),
  },
  {
    pattern: /[^\n]*\bAccessDeniedException: ([^\n]*(?:kms:Decrypt|customer master key|ciphertext)[^\n]*)/i,
    cannotTell: true,
    toProblem: ([, said], { stackFile }) => ({
      file: stackFile,
      key: "secretsprovider",
      problem: `names a key that you may not decrypt with, so the stack's secrets stay closed (${quoted(said)})`,
      remedy: "log in as somebody who may use that key (kms:Decrypt), or have it granted",
    }),
  },
  {
    pattern: /backend \S+ does not support environments/,
    cannotTell: true,
    toProblem: (_, { stackFile }) => ({
      file: stackFile,
      key: "environment",
      problem: "names Pulumi ESC environments, and only Pulumi Cloud has those: this state is somewhere else",
      remedy: "log in to Pulumi Cloud (pulumi login), or write the values under config: and take environment: away",
    }),
  },
  {
    pattern:
      /\[404\] Not Found: (?:environment|Environment) '?([^'\s]+)'? not found|environment "?([^"\s]+)"? not found/,
    cannotTell: true,
    toProblem: ([, one, other], { stackFile }) => ({
      file: stackFile,
      key: "environment",
      problem: `names the Pulumi ESC environment ${one ?? other ?? ""}, which does not exist or is not yours to open`,
      remedy: "write one that `pulumi env ls` lists",
    }),
  },
  {
    pattern: /incorrect passphrase|passphrase must be set with PULUMI_CONFIG_PASSPHRASE/,
    cannotTell: true,
    toProblem: (match) => ({
      file: "the environment",
      key: "PULUMI_CONFIG_PASSPHRASE",
      problem: match[0].startsWith("incorrect") ? "does not open this stack's secrets" : "is not set",
      remedy: "export the passphrase that the stack was created with, or PULUMI_CONFIG_PASSPHRASE_FILE",
    }),
  },
  {
    pattern: /\[401\] Unauthorized|invalid access token/,
    cannotTell: true,
    toProblem: () => ({
      file: "the environment",
      key: "PULUMI_ACCESS_TOKEN",
      problem: "is not accepted by Pulumi Cloud: it is wrong, has expired or was taken back",
      remedy: "export a new one, or log in with pulumi login",
    }),
  },
  {
    pattern: /PULUMI_ACCESS_TOKEN must be set for login|unable to open state directory "([^"]+)"/,
    cannotTell: true,
    toProblem: (match) => ({
      file: "the environment",
      key: "PULUMI_BACKEND_URL",
      problem: match[1] === undefined ? "names no place for the state" : `names ${match[1]}, which cannot be opened`,
      remedy: "export where the state of your stacks is (file://…, s3://…), or log in with pulumi login",
    }),
  },
];

/** `the DaemonSet alloy-x, while creating it`, of a line that begins with a URN. */
function interruptedOne(line: string): string {
  const [, type = "", name = "", what] =
    /urn:pulumi:\S+::([^:\s]*(?::[^:\s]+)*)::([^:,\s]+)(?:, interrupted while (\w+))?/.exec(line) ?? [];
  if (name === "") return "what it was doing";
  return `${type.split(":").at(-1) ?? type} ${name}${what === undefined ? "" : ` (${what})`}`;
}

const notLoggedIn = /NoCredential|MissingRegion|Expired|InvalidAccessKeyId|InvalidToken|default credentials/;

/** What the cloud says of the bucket in which the state is. */
function stateRefused(said: string, key: string | undefined, { stackFile }: ErrorPlace): Problem {
  const cause = quoted(said);
  if (notLoggedIn.test(cause))
    return {
      ...{ file: "the environment", key: "PULUMI_BACKEND_URL" },
      problem: `names an object store for the state, and you are not logged in to its cloud (${cause})`,
      remedy: "log in to that cloud (a workflow needs it, too), then run the same command again",
    };
  return {
    ...{ file: "the environment", key: "PULUMI_BACKEND_URL" },
    problem: `names an object store for the state, and it does not let you at ${key ?? `the state of ${stackFile}`} (${cause})`,
    remedy:
      "have the right granted to list, read, write and delete objects there, and to use its key if it is encrypted",
  };
}
