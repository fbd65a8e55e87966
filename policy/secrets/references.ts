import { isSecretName } from "./names";

/** What stands where a secret would, and is none. */

/** How common tools write that a value is elsewhere. Sources: each tool's own documentation. */
const references: readonly RegExp[] = [
  // Kubernetes $(NAME); shells $NAME and ${NAME}; a lower-case name has no digit, as a password would.
  /^\$\([\w.-]+\)$/,
  /^\$[A-Z_][A-Z0-9_]*$/,
  /^\$[a-z_]+$/,
  /^\$\{[^}]*\}$/,
  // Grafana $__env{NAME}, $__file{/path}; Symfony %env(NAME)%; Python %(name)s; printf %s; Windows %NAME%.
  /^\$__\w+\{[^}]*\}$/,
  /^%env\([^)]*\)%$/,
  /^%\([^)]*\)s$/,
  /^%[sdv]$/,
  /^%[A-Z_][A-Z0-9_]*%$/,
  // Templates of Go, Jinja and Helm; documentation.
  /^\{\{[\s\S]*\}\}$/,
  /^\{%[\s\S]*%\}$/,
  /^<%=?[\s\S]*%>$/,
  /^<[^<>]*>$/,
  /^\[\[[^\]]*\]\]$/,
  // Argo CD: $dex.github.clientSecret, $secret:key; its Vault plugin's <path:…> is documentation above.
  /^\$[a-z][\w-]*[.:][\w.:-]+$/,
  // vals, bank-vaults, 1Password, Doppler, SOPS, Spring Cloud Config, Azure App Service, AWS and Google secret managers.
  /^ref\+[a-z]+:\/\//i,
  /^vault:[\w/.-]+(#[\w.-]+)*$/,
  /^(op|akv|awssm|awsssm|gcpsm|secretref|secretsmanager|ssm|k8s|keyvault|doppler|infisical|bws):(\/\/)?[\w/.:@-]+$/i,
  /^ENC\[[A-Z0-9_]+,/,
  /^\{cipher\}/,
  /^@Microsoft\.KeyVault\(/i,
  /^arn:aws[\w-]*:(secretsmanager|ssm):/,
  /^projects\/[\w-]+\/secrets\//,
  // OpenTelemetry ${env:NAME} is above; env:NAME, file:NAME, env.NAME.
  /^(env|file|secret|secrets|process\.env|os\.environ)[.:][\w./[\]"'-]+$/,
  /^(os\.)?(getenv|environ)/,
  /^ENV\[/,
  /^\$ENV\{/i,
  /^!(vault|secret|env|env_var|include|ref|sub|getatt)\b/i,
  /^secretKeyRef\b/,
];

const noValue =
  /^(true|false|yes|no|on|off|none|null|nil|undefined|~|\{\}|\[\]|n\/a|tbd|unset|empty|disabled|enabled|auto|default)$/i;
const masked = /^([x*#•.-]{3,}|\[?(redacted|masked|hidden|removed|filtered|secret|omitted)\]?)$/i;

// "Password" in the languages in which programs are translated: a label beside a field.
const label =
  /^(password|passwort|kennwort|passphrase|token|secret|mot de passe|contraseña|clave|senha|palavra-passe|wachtwoord|lösenord|passord|adgangskode|kodeord|salasana|heslo|hasło|jelszó|parola|parolă|лозинка|пароль|şifre|סיסמה|كلمة المرور|パスワード|暗証番号|密码|密碼|비밀번호|암호|mật khẩu|รหัสผ่าน|geslo|lozinka|slaptažodis|parole|credentials?|api key|api-schlüssel|jeton|geheimnis|secreto)\s*[:*]?$/i;

/** Whether text only points at a value that is elsewhere, or is no secret by its form. */
export function isReference(value: string): boolean {
  const trimmed = value.trim();
  if (trimmed === "" || noValue.test(trimmed) || masked.test(trimmed) || label.test(trimmed)) return true;
  // `{{ .Values.password | default "hunter2" }}` holds what is used where there is no value.
  if (/^\{\{[^}]{0,200}\bdefault\s{1,4}["'][^"'}]{3,200}["'][^}]{0,200}\}\}$/.test(trimmed)) return false;
  return isPath(trimmed) || isSentence(trimmed) || references.some((form) => form.test(trimmed));
}

// A file: the program reads it, as ours does. One name alone may be a password that begins with a slash.
function isPath(value: string): boolean {
  if (!/^(file:\/\/)?(\.{0,2}|~)\/[\w.@/-]+$/.test(value)) return false;
  return /[^/]\/[^/]/.test(value) || /^\/[a-z][a-z._-]*$/.test(value);
}

// "Forgot your password?" is what a page says. Words without a capital or a stop may be a passphrase.
export function isSentence(value: string): boolean {
  return (
    /^\p{Lu}[\p{L}'’]*(\s+[\p{L}\p{N}'’"(),/-]+){2,}[.?!:…]?$/u.test(value) ||
    /^\p{L}+(\s+\p{L}+)+[.?!:…]$/u.test(value)
  );
}

// What keys of Secrets are called beside the secret itself.
const usualKeys =
  /^(username|user|login|host|hostname|url|uri|ca|cert|crt|key|value|data|json|config|id|email|account)$/;

/** The name of a key or of an object that holds the secret, as `secretKey: password` of an ExternalSecret is. */
export function isNameOfPlace(key: string, value: string): boolean {
  if (/(secret|password|passwd|token|credentials?)[-_]?keys?$/i.test(key) && /^[a-z][a-z_.-]{0,39}$/i.test(value))
    return isSecretName(value) || usualKeys.test(value) || /[a-z][._-][a-z]/i.test(value);
  if (/^(secret|secrets|credentials|credential|token)$/i.test(key))
    return /^[a-z0-9][a-z0-9.-]*[-.](secrets?|credentials?|creds|token|auth|tls|certs?|key|keys|users|htpasswd|config)$|^[a-z]{2,30}secret$/.test(
      value,
    );
  return false;
}
