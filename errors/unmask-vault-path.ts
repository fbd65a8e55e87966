import type { ErrorPlace } from "./known-error";

const mask = "[secret]";
const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Gives the stack's own Vault path back where the engine has masked a part of it. The engine writes `[secret]` over
 * every text that equals a secret value, and a first credential's user is the tenant's name: with tenant `production`,
 * `detectviz/production/alloy` is shown as `detectviz/[secret]/alloy` [run]. The path is a setting, no secret.
 */
export function unmaskPath(text: string, place: ErrorPlace): string {
  const path = place.vault?.path;
  if (path === undefined || !text.includes(mask)) return text;
  return text.replace(/(\/v1\/[^\s/]+\/(?:data|metadata|subkeys)\/)(\S+)(\/[^\s/]+)/g, (whole, head, shown, name) => {
    const parts = String(shown).split(mask).map(literal);
    const masked = parts.length > 1 && new RegExp(`^${parts.join(".+")}$`).test(path);
    return masked ? `${String(head)}${path}${String(name)}` : whole;
  });
}
