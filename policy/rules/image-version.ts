/**
 * @severity high
 * @link https://kubernetes.io/docs/concepts/containers/images/#image-names
 */
import { isAllowedRepository, parseImage } from "../image";
import { onContainers, onPods } from "../pods";
import type { Report, Rule, RuleConfig } from "../rule";
import { asObject, eachItem, isAbsent, texts } from "../values";

// Words of a tag that mean another program from day to day.
const floating =
  /^(latest|stable|edge|nightly|main|master|head|trunk|dev|devel|develop|development|rolling|current|canary|snapshot|unstable|testing|next|lts|preview|daily|weekly|mainline|release|prod|production|staging|test)$/i;

// What tells one build from another, whatever words stand beside it: 1.2, a date, a commit.
const build = /\d+\.\d+|\b20\d{6}|\b20\d\d-\d\d-\d\d|(^|[-_.])(sha-?)?(?=[0-9a-f]*\d)[0-9a-f]{7,40}($|[-_.])/i;

/** What is wrong with a tag that no digest pins; undefined where it is a version. */
function tagProblem(tag: string): string | undefined {
  const words = tag.split(/[-_.]/).map((word) => word.replace(/\d+$/, ""));
  if (tag === "") return "names no version, which means `latest`";
  if (words.some((word) => word.toLowerCase() === "latest"))
    return "names `latest`, which means another program every day";
  if (words.some((word) => /^v?x$/i.test(word))) return "names a range of versions, and not one of them";
  if (!/\d/.test(tag) || (words.some((word) => floating.test(word)) && !build.test(tag)))
    return "names no version but a word, such as `stable`, which means another program some day";
  return undefined;
}

function look(value: unknown, path: string, report: Report, config: RuleConfig): void {
  const image = parseImage(value);
  if (isAbsent(value)) report.violation(path, "is missing");
  else if (image === undefined) report.violation(path, "is not an image reference");
  else {
    // A digest says what is run, whatever the tag beside it says.
    const problem = image.digest === "" ? tagProblem(image.tag) : undefined;
    if (problem !== undefined) report.violation(path, problem);
    if (config["digest"] === true && image.digest === "")
      report.violation(path, "has no digest", "Write name:version@sha256:….");
    const repositories = texts(config["repositories"]);
    if (repositories.length > 0 && !isAllowedRepository(image, repositories))
      report.violation(path, "comes from a repository that is not allowed", "Use one of this rule's `repositories`.");
  }
}

export const imageVersion: Rule = {
  name: "image-version",
  description: "Every image names its version, and comes from an allowed repository where those are listed.",
  severity: "high",
  remediation: "Write registry/repository:version, best with @sha256:… behind it.",
  url: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
  configSchema: {
    properties: {
      repositories: {
        type: "array",
        items: { type: "string" },
        description: "Registries or repositories, `docker.io/grafana` or `registry.example.com:5000`. Default: any.",
      },
      digest: { type: "boolean", description: "Demand a digest too. Default: false." },
    },
  },
  defaults: { repositories: [], digest: false },
  checks: [
    onContainers(({ container, path }, report, config) => look(container["image"], `${path}.image`, report, config)),
    onPods((pod, report, config) =>
      eachItem(pod.spec["volumes"], `${pod.path}.volumes`, report, (item, path) => {
        const { image } = asObject(item);
        if (!isAbsent(image)) look(asObject(image)["reference"], `${path}.image.reference`, report, config);
      }),
    ),
  ],
};
