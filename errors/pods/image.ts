import { inStackFile } from "../known-error";
import { quoted, type KnownCause } from "./known-cause";

/** The kubelet's reasons for a container that waits for its image, with whatever the registry has said behind them. */
const pull = String.raw`(?:ErrImagePull|ImagePullBackOff|Failed to pull image|Back-off pulling image|failed to pull and unpack image)[\s\S]*?`;

/**
 * What an image does wrong: it is for another processor, or a node cannot get it. The words are those of containerd,
 * CRI-O and Docker; registries choose their own behind the status.
 */
export const pullCauses: KnownCause[] = [
  {
    pattern:
      /exec format error|no match for platform in manifest|no matching manifest for ([\w/]+)|no image found in (?:image index|manifest list) for architecture/,
    lasts: true,
    toProblem: ([said = "", platform], place) =>
      inStackFile(
        place,
        "alloy:image",
        `the image is not for this node's processor${platform === undefined ? "" : ` (${platform})`}: ${said}`,
        "write the tag, or the digest of the whole image index and not of one architecture (docker buildx imagetools inspect IMAGE prints it), of an image that is built for every architecture of the cluster",
      ),
  },
  {
    pattern: /InvalidImageName(?:: ([^\n]*))?/,
    lasts: true,
    toProblem: ([, said = ""], place) =>
      inStackFile(
        place,
        "alloy:image",
        `the container runtime does not understand the image's name${said === "" ? "" : `: ${quoted(said)}`}`,
        "write REGISTRY/REPOSITORY:TAG, or with @sha256:DIGEST",
      ),
  },
  {
    pattern: new RegExp(`${pull}(toomanyrequests|429 Too Many Requests|rate limit)`, "i"),
    toProblem: ([, said = ""], place) =>
      inStackFile(
        place,
        "alloy:image",
        `the registry gives no more images to this cluster for now (${said})`,
        "name a mirror of your own, or a registry account in alloy:pod.imagePullSecrets",
      ),
  },
  {
    pattern: new RegExp(
      `${pull}(401 Unauthorized|403 Forbidden|pull access denied|access denied|authorization failed|authentication required|unauthorized|denied)`,
      "i",
    ),
    lasts: true,
    toProblem: ([, said = ""], place) =>
      inStackFile(
        place,
        "alloy:pod.imagePullSecrets",
        `the registry does not let the node have the image (${said})`,
        "name a Secret of the namespace with the registry's password, and check the name in alloy:image: many registries say so of an image that they do not have",
      ),
  },
  {
    pattern: new RegExp(`${pull}(manifest unknown|not found|NAME_UNKNOWN|does not exist)`, "i"),
    lasts: true,
    toProblem: ([, said = ""], place) =>
      inStackFile(
        place,
        "alloy:image",
        `the registry has no such image (${said})`,
        "check its name and tag: docker manifest inspect IMAGE",
      ),
  },
  {
    pattern: new RegExp(
      `${pull}(no such host|i/o timeout|connection refused|connection reset|TLS handshake timeout|x509: [^\\n"]*|deadline exceeded|server misbehaving|\\bEOF\\b)`,
    ),
    toProblem: ([, said = ""], place) =>
      inStackFile(
        place,
        "alloy:image",
        `the node does not reach the registry (${quoted(said)})`,
        "name a registry that the nodes reach, or let them through (proxy, firewall, certificate authority)",
      ),
  },
];
