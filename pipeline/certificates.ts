// One certificate in PEM: its base64 and nothing else. Source: RFC 7468
const certificate = /-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]{1,20000}?-----END CERTIFICATE-----/g;

/**
 * What is wrong with a file of CA certificates that everybody in the cluster may read, as the rest of a sentence;
 * `undefined` where it holds certificates and remarks only. A file that has a key beside them is the usual mistake.
 */
export function certificatesProblem(text: string): string | undefined {
  if (!certificate.test(text)) return "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
  const rest = text.replace(certificate, "");
  if (/-----BEGIN [A-Z0-9 ]*KEY/.test(rest)) return "holds a key beside the certificates, and everybody could read it";
  if (/-----|[A-Za-z0-9+/=]{60}/.test(rest)) return "holds more than certificates";
  return undefined;
}

/** Where the ConfigMap's files are in the collector's container: the pipeline, and CA certificates beside it. */
export const configDirectory = "/etc/alloy";
