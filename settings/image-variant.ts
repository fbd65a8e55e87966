import type { z } from "zod";

import { parseImage } from "../kit/units";
import { refuse } from "./cross-field-check";

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  image: string;
  wal: { prepare: "init" | "none" };
  canary: { enabled: boolean; image: string };
}

/** The settings that {@link checkImageVariant} reads. */
export const readByImageVariantCheck = [["image"], ["wal", "prepare"], ["canary", "enabled"], ["canary", "image"]];

/** What an image is known to lack, by what its makers call it. */
interface Variant {
  form: RegExp;
  what: string;
}

// Which words a tag is made of: `v1.20.0-boringcrypto-distroless`.
const word = (words: string): RegExp => new RegExp(`(?:^|[-_.])(?:${words})(?:$|[-_.\\d])`, "i");

const windows: Variant = {
  form: word("windows|windowsservercore|nanoserver|ltsc\\d{4}"),
  what: "is for Windows, and the collectors run on Linux nodes",
};

// Alloy's own distroless image has dash and no coreutils (https://github.com/grafana/alloy/pull/6948). -boringcrypto alone
// is made from the same base as the ordinary image and has what it takes.
const bare: Variant = { form: word("distroless|chiseled|chiselled|chisel|scratch|shell-?less"), what: "" };

/** Registries whose images have no shell, unless the tag says that it is for development. */
const bareRegistries = /^(?:cgr\.dev\/|gcr\.io\/distroless\/|(?:docker\.io\/)?chainguard\/)/;

/**
 * Refuses images that cannot do what the pod asks of them: an image without a shell, `stat`, `find` and `chown` where the
 * init container prepares the storage directory, and images of another operating system.
 */
export function checkImageVariant({ image, wal, canary }: Read, context: z.core.$RefinementCtx): void {
  const images = [["image", image], ...(canary.enabled ? [["canary.image", canary.image]] : [])] as const;
  for (const [key = "", reference = ""] of images)
    if (windows.form.test(parseImage(reference)?.tag ?? ""))
      refuse(context, key, windows.what, "write the tag without the name of a Windows version");
  if (wal.prepare === "init" && isBare(image))
    refuse(
      context,
      "image",
      "has no stat, find and chown, with which prepare-storage gives the storage directory to the collector",
      "take the ordinary image; or set alloy:wal.prepare: none, and let the nodes make the directory (owner 473:473)",
    );
}

/** Whether an image's name says that it has no tools in it. A name that says nothing is trusted. */
export function isBare(reference: string): boolean {
  const parsed = parseImage(reference);
  if (parsed === undefined) return false;
  const { registry, repository, tag } = parsed;
  const name = `${registry === "" ? "" : `${registry}/`}${repository}`;
  if (bareRegistries.test(name)) return !/(?:^|-)dev(?:$|-)/.test(tag);
  return bare.form.test(tag) || bare.form.test(repository.split("/").at(-1) ?? "");
}
