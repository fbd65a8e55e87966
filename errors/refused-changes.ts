import { inStackFile, type KnownError } from "./known-error";
import { quote, quoted } from "./pods/known-cause";
import { settingFor } from "./pods/setting-for";

/** What the plugin puts in front of the API server's answer to a new object, and to a change of one that is there. */
const answered = String.raw`(?:failed to fully initialize or become live|was not successfully (?:created|updated) by the Kubernetes API server ?): `;

/**
 * The API server's answers to a change that no other table knows: the last word, so that none of them is taken for a
 * rollout that takes long. The plugin says of a refused change, too, that the object failed to become live.
 */
export const refusedChanges: KnownError[] = [
  {
    pattern: new RegExp(`${answered}Unauthorized`),
    cannotTell: true,
    toProblem: (_, place) =>
      inStackFile(
        place,
        "alloy:kubernetes.context",
        "the API server no longer accepts the kubeconfig's credentials: they expired during the run",
        "log in to the cluster again, then run up again; in a workflow, ask for credentials that live longer than alloy:rollout.timeout",
      ),
  },
  {
    pattern: new RegExp(`${answered}([a-z]+)(?:\\.[a-z.0-9]+)? ${quote}([^"\\\\]*)${quote} is forbidden: ([^\\n]+)`),
    toProblem: ([, kind = "", name = "", reason = ""], place) => {
      const { key, remedy } = settingFor(reason);
      return inStackFile(
        place,
        key,
        `the cluster does not allow this change of ${kind} ${name}: ${quoted(reason)}`,
        remedy,
      );
    },
  },
  {
    pattern: new RegExp(`${answered}([A-Z][A-Za-z]+)[\\w.]* ${quote}([^"\\\\]*)${quote} is invalid: ([^\\n]+)`),
    toProblem: ([, kind = "", name = "", reason = ""], place) =>
      inStackFile(
        place,
        "",
        `the API server does not take the ${kind} ${name}: ${quoted(reason)}`,
        "change the setting from which the field comes; `npx alloyctl render STACK` shows the object",
      ),
  },
  {
    // Several managers change one object at once; the next try reads it anew.
    pattern: new RegExp(
      `${answered}Operation cannot be fulfilled on ([a-z]+)[a-z.0-9]* ${quote}([^"\\\\]*)${quote}: ([^\\n]+)`,
    ),
    cannotTell: true,
    toProblem: ([, kind = "", name = ""], place) =>
      inStackFile(
        place,
        "",
        `somebody else changed ${kind} ${name} at the same moment`,
        "run up again; if it happens each time, a second program manages this object",
      ),
  },
];
