import { UserError } from "../kit/user-error";

/**
 * The text of a file, by its byte order mark: UTF-8, or the UTF-16 that `>` writes in Windows PowerShell.
 *
 * @throws UserError if it is no text
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b)
    throw UserError.cannotTell(
      file,
      "",
      "is a saved plan of Terraform's, or another archive",
      "apply the plan, and pass what `terraform output -json` prints",
      "nothing was compared",
    );
  const label =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  let text: string | undefined;
  try {
    // It takes the mark away.
    text = new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    text = undefined;
  }
  if (text === undefined || text.includes("\0"))
    throw UserError.of(file, "", "is not UTF-8", "save it as UTF-8", "nothing was compared");
  return text;
}
