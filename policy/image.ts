/** The parts of an image reference; `repository` is complete, registry included. */
export interface Image {
  repository: string;
  /** Empty where none is written. */
  tag: string;
  digest: string;
}

/**
 * Splits an image reference. A name without a registry is Docker Hub's, as the container runtimes read it.
 * Source: https://pkg.go.dev/github.com/distribution/reference
 */
export function parseImage(value: unknown): Image | undefined {
  if (typeof value !== "string") return undefined;
  const match =
    /^([a-zA-Z0-9][a-zA-Z0-9._-]*(?::\d+)?(?:\/[a-z0-9][a-z0-9._-]*)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}))?$/.exec(
      value,
    );
  if (!match) return undefined;
  const [, name = "", tag = "", digest = ""] = match;
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  if (/[.:]/.test(first) || first === "localhost") return { repository: name, tag, digest };
  return { repository: slash < 0 ? `docker.io/library/${name}` : `docker.io/${name}`, tag, digest };
}

/** Whether the image is in one of the repositories or below it: `docker.io/grafana` does not allow `docker.io/grafanax`. */
export function isAllowedRepository(image: Image, repositories: readonly string[]): boolean {
  return repositories.some((one) => `${image.repository}/`.startsWith(`${one.replace(/\/$/, "")}/`));
}
