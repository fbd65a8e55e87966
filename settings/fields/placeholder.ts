/**
 * What was left in a value for somebody to fill in. Nobody does: the text reaches Alloy as it stands.
 */

/** The notations of templates and shells. */
const notations: readonly RegExp[] = [
  /\{\{.*?\}\}/s, // Helm, Ansible, Jinja
  /\$\{[^}]*\}?/, // the shell, Terraform, Alloy's predecessors with -config.expand-env
  /\$\([^)]*\)?/, // Kubernetes' own env, Make
  /\$[A-Za-z_]\w*/, // the shell; envsubst
  /<[^>/?&]*>?/, // documentation: <your-url>
  /%\([\w.-]+\)s/, // Python
  /%[A-Z_]{3,}%/, // Windows
  /@@?[A-Z_]{2,}@@?/, // autoconf, CMake
  /#\{[^}]*\}#?/, // Azure DevOps' replace tokens
  /__[A-Z][A-Z0-9_]*__/,
  /\{[\w. -]*\}?|\}/, // OpenAPI: /{tenant}/
];

// Whole words of a host or of a path: `changeme.internal` has one, `exchange-me` has none.
const words = [
  /(?<![a-z0-9])(?:replace[-_]?(?:me|this)|change[-_]?(?:me|this)|fill[-_]?(?:me[-_]?)?in|insert[-_][a-z_-]+[-_]here|place[-_]?holder|x{3,}|your[-_][a-z-]+|your(?:domain|company|host|server|url))(?![a-z0-9])/i,
  // In small letters each of them may be somebody's name for an application.
  /(?<![A-Za-z0-9])(?:TODO|FIXME|TBD)(?![A-Za-z0-9])/,
];

// Reserved for documentation; a name below them is never there. Source: RFC 2606, RFC 6761
const exampleHost = /(?:^|\.)example\.(?:com|net|org)\.?$/i;

/** The placeholder in a URL, as it is written there; undefined if there is none. */
export function placeholderIn(url: string): string | undefined {
  for (const form of [...notations, ...words]) {
    const found = form.exec(url)?.[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a host is one that documents use for nobody's server. */
export const isExampleHost = (host: string): boolean => exampleHost.test(host);
