/** What the vault plugin warns of at each read of a secret: docs/decisions/0071-the-warning-of-getsecretv2.md */
export const deprecatedRead = /vault:kv\/getSecretV2:getSecretV2\b.*\bdeprecated\b.*\bephemeral\b/i;
