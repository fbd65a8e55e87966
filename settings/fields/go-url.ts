import { isIP } from "node:net";

import { placeholderIn } from "./placeholder";

/**
 * URLs as Alloy reads them, which is with Go's net/url: it refuses what JavaScript's URL takes (`http://a-${B}/`, `%zz`),
 * and a text that it refuses keeps every collector from starting. A host that Go takes and nobody can resolve
 * (`$(HOST)`) is refused here, too.
 * Source: https://pkg.go.dev/net/url#Parse (parseAuthority, parseHost, validOptionalPort, unescape)
 */

/** What is wrong with a URL, and what to write instead. */
export interface UrlMistake {
  problem: string;
  remedy: string;
}

const form = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/is;

/** What is wrong with an http or https URL without a user in it; undefined for one that Alloy can call. */
export function urlMistake(url: string): UrlMistake | undefined {
  const whole = "write scheme, host, port and path, without spaces and without #";
  const [, scheme = "", authority = "", path = "", , fragment = ""] = form.exec(url) ?? [];
  const placeholder = placeholderIn(url);
  if (placeholder !== undefined)
    return { problem: `has the placeholder ${placeholder} in it, and nobody replaces it`, remedy: "write the value" };
  const unseen = [...url].find((letter) => isUnseen(letter.codePointAt(0) ?? 0));
  if (unseen !== undefined)
    return { problem: `is not a URL that Alloy can call: ${nameOf(unseen)} is in it`, remedy: whole };
  if (scheme === "" || authority === "" || fragment !== "" || /[\s\\]/.test(url))
    return { problem: "is not a URL that Alloy can call", remedy: whole };
  if (/^https?:?$/i.test(authority) && /^\/\//.test(path))
    return { problem: "has its scheme twice", remedy: `write ${url.slice(url.indexOf("://") + 3)}` };
  const escape = /%(?![0-9a-f]{2}).{0,2}/i.exec(path)?.[0];
  if (escape !== undefined)
    return {
      problem: `is not a URL that Alloy can call: ${JSON.stringify(escape)} is no escape`,
      remedy: "write % and two hexadecimal digits; a percent sign itself is %25",
    };
  return authorityMistake(authority, whole);
}

function isUnseen(code: number): boolean {
  // Controls; spaces of no width and byte order marks, which come with a copied text.
  return code < 0x20 || code === 0x7f || code === 0xa0 || code === 0xfeff || (code >= 0x200b && code <= 0x200f);
}

const nameOf = (letter: string): string =>
  `the character U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

function authorityMistake(authority: string, whole: string): UrlMistake | undefined {
  const [, bracketed, name = "", colon, port = ""] = /^(?:(\[.*\])|([^:]*))(:)?(.*)$/s.exec(authority) ?? [];
  if (bracketed === undefined && isIP(authority) === 6)
    return { problem: "is an IPv6 address without brackets", remedy: `write http://[${authority}]:PORT/PATH` };
  if (bracketed === undefined && authority.split(":").length > 2)
    return {
      problem: "is not a URL that Alloy can call: its host has more than one colon",
      remedy: "write one port; put an IPv6 address into brackets: http://[fd00::1]:3100/PATH",
    };
  if (colon === undefined ? port !== "" : !/^\d{1,5}$/.test(port) || Number(port) === 0 || Number(port) > 65_535)
    return {
      problem: `is not a URL that Alloy can call: ${port === "" ? "its port is missing" : `${JSON.stringify(port)} is no port`}`,
      remedy: "write scheme, host, port and path; a port is 1 to 65535, and without one there is no colon",
    };
  const address = bracketed?.slice(1, -1);
  if (address !== undefined)
    return isIP(address) === 6
      ? undefined
      : { problem: `is not a URL that Alloy can call: ${bracketed} is no IPv6 address`, remedy: whole };
  return hostMistake(name, whole);
}

// Underscores are in no host name, but in names that some DNS servers answer for.
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

function hostMistake(host: string, whole: string): UrlMistake | undefined {
  if (isIP(host) === 4) return undefined;
  // A dot at its end says that the name is complete.
  const labels = host.replace(/\.$/, "").split(".");
  const strange = [...host].find((letter) => !/[a-z0-9._-]/i.test(letter));
  if (strange !== undefined)
    return {
      problem: `is not a URL that Alloy can call: no host has ${/[ -~]/.test(strange) ? strange : nameOf(strange)} in its name`,
      remedy: strange > "~" ? "write the host in ASCII: a name of other letters begins with xn--" : whole,
    };
  if (host.length > 254 || !labels.every((part) => label.test(part)))
    return { problem: "is not a URL that Alloy can call: its host is no name", remedy: whole };
  if (/^(0x[0-9a-f]*|\d+)$/i.test(labels.at(-1) ?? ""))
    return { problem: "is not a URL that Alloy can call: its host is no IPv4 address", remedy: whole };
  return undefined;
}
